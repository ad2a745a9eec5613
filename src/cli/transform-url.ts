import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { messageOf, UsageError } from './exit.ts';
import { statsOf } from './file-identity.ts';

/**
 * URL of the module that was named by its path or its URL.
 *
 * @throws UsageError for a URL that can't be one of a file, and for a folder
 */
export function urlOfTransform(transform: string): string {
  const isUrl = /^(file|data):/.test(transform);
  const url = isUrl ? transform : pathToFileURL(resolve(transform)).href;
  const file = fileNamedBy(url);
  if (file !== undefined && statsOf(file)?.isDirectory() === true)
    throw new UsageError(`Cannot load transform ${file}: it is a folder`);
  return url;
}

function fileNamedBy(url: string): string | undefined {
  try {
    return fileOfTransform(url);
  } catch (reason) {
    throw new UsageError(`Cannot load transform ${url}: ${messageOf(reason)}`);
  }
}

/** Path of the module with this URL; undefined when it is in no file. */
export function fileOfTransform(url: string): string | undefined {
  return url.startsWith('file:') ? fileURLToPath(url) : undefined;
}
