/** Says in which thread it ran, and what the thread was given. */
import { isMainThread, resourceLimits, workerData as own } from 'node:worker_threads';
import type { TransformContext } from '../../src/index.ts';

export default function inspectThread(row: string, { workerData, ...context }: TransformContext): unknown {
  switch (row) {
    case 'thread':
      return isMainThread;
    case 'workerData':
      return [workerData, own];
    case 'env':
      return process.env['FROM_THE_TEST'];
    case 'execArgv':
      return process.execArgv;
    case 'resourceLimits':
      return resourceLimits;
    case 'context':
      return { stateId: context.stateId, rowIndex: context.rowIndex, attempt: context.attempt };
    default:
      return row;
  }
}

/** Gives the type of what it is called on. */
export function typeOfThis(this: unknown): string {
  return typeof this;
}
