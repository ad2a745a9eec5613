import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { messageOf, UsageError } from './exit.ts';

/**
 * URL of the module that was named by its path or its URL.
 *
 * @throws UsageError for a URL that can't be one of a file
 */
export function urlOfTransform(transform: string): string {
  if (!/^(file|data):/.test(transform)) return pathToFileURL(resolve(transform)).href;
  try {
    fileOfTransform(transform);
    return transform;
  } catch (reason) {
    throw new UsageError(`Cannot load transform ${transform}: ${messageOf(reason)}`);
  }
}

/** Path of the module with this URL; undefined when it is in no file. */
export function fileOfTransform(url: string): string | undefined {
  return url.startsWith('file:') ? fileURLToPath(url) : undefined;
}
