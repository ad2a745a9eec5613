import type { PooledExecutorOptions, Transform } from '../../src/index.ts';

/** The same transform once in-process and once in worker threads. */
export interface EngineCase<Row, Output> {
  readonly name: 'in-process' | 'threads';
  readonly transform: PooledExecutorOptions<Row, Output>['transform'];
}

/** `fn` is the default export of `test/workers/<file>`. For `describe.each`. */
export function bothEngines<Row, Output>(
  file: string,
  fn: Transform<Row, Output>,
): EngineCase<Row, Output>[] {
  return [
    { name: 'in-process', transform: fn },
    { name: 'threads', transform: workerUrl(file) },
  ];
}

/** URL of a transform under test/workers. */
export function workerUrl(file: string): URL {
  return new URL(`../workers/${file}`, import.meta.url);
}
