/** Numbers: leaves the row in a storage of its own; gives what it found there, and, for odd ones, what it finds there later. */
import { AsyncLocalStorage } from 'node:async_hooks';

const storage = new AsyncLocalStorage<unknown>();

export default function storing(row: unknown): unknown {
  if (typeof row !== 'number') return row;
  const found = storage.getStore() ?? 'nothing';
  storage.enterWith(row);
  if (row % 2 === 0) return [found];
  return Promise.resolve().then(() => [found, storage.getStore()]);
}
