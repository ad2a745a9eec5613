import { readFileSync } from 'node:fs';
import type { Transform } from '../core/transform.ts';
import type { BatchRecord } from './audit-trail.ts';
import { sha256 } from './sha256.ts';

/** Which transform runs: the URL of its module and the hash of that file, or of the function's source text. */
export function identifyTransform(
  transform: { readonly url: string } | { readonly fn: Transform<never, unknown> },
): BatchRecord['transform'] {
  if ('url' in transform) return { url: transform.url, sha256: hashOf(transform.url) };
  return { url: `function:${transform.fn.name}`, sha256: sha256(String(transform.fn)) };
}

/** Empty when the file can't be read, which shows when it is loaded. */
function hashOf(url: string): string {
  if (!url.startsWith('file:')) return sha256(url);
  try {
    return sha256(readFileSync(new URL(url)));
  } catch {
    return '';
  }
}
