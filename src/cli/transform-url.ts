import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** URL of the module that was named by its path or its URL. */
export function urlOfTransform(transform: string): string {
  return /^(file|data):/.test(transform) ? transform : pathToFileURL(resolve(transform)).href;
}

/** Path of the module with this URL; undefined when it is in no file. */
export function fileOfTransform(url: string): string | undefined {
  return url.startsWith('file:') ? fileURLToPath(url) : undefined;
}
