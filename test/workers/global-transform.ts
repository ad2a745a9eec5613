/** Transforms that make themselves at home with their first row on a worker. */
import { randomUUID } from 'node:crypto';
import { threadId } from 'node:worker_threads';

const shared = globalThis as unknown as Record<string, unknown>;

/** Which worker it is: in threads by number, in processes by their own. */
function worker(): number {
  return threadId === 0 ? process.pid : threadId;
}

export function lazy(_row: number): number {
  shared['lazyCache'] ??= new Map();
  if (shared['listens'] !== true) process.on('exit', () => undefined);
  shared['listens'] = true;
  return worker();
}

/** Each row leaves something else. */
export function litters(_row: number): number {
  shared[`litter ${randomUUID()}`] = 1;
  process.on(`litter ${randomUUID()}`, () => undefined);
  return worker();
}

/** Says what it finds; one row leaves something. */
export function marks(row: number): unknown {
  const found = shared['mark'];
  if (row === 37) shared['mark'] = 'left by 37';
  return found;
}

/** Uses what Node sets up when it is first used, and cleans up behind itself. */
export async function tidy(_row: number): Promise<number> {
  const text = await (await fetch('data:text/plain,tidy')).text();
  const used = [new Blob([text]), new FormData(), navigator.hardwareConcurrency, crypto.randomUUID()];
  shared[Symbol.for('of some library') as unknown as string] = used;
  console.group();
  console.groupEnd();
  const listener = () => undefined;
  process.once('exit', listener).off('exit', listener);
  return worker();
}
