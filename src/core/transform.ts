import type { TransformResult } from './transform-result.ts';

export type MaybePromise<Value> = Value | PromiseLike<Value>;

/** The user's function. It may return an output, or a result made by `TransformResult`; what it throws fails the row. */
export type Transform<Row, Output> = (
  row: Row,
  context: TransformContext,
) => MaybePromise<Output | TransformResult<Output>>;

/** What a transform is told about the row and the attempt it runs for. */
export interface TransformContext {
  readonly stateId: string;
  readonly rowIndex: number;
  /** Counts from 1. */
  readonly attempt: number;
  /** Aborted on shutdown and when the attempt's time is over. Only an async transform can notice. */
  readonly signal: AbortSignal;
  /** The executor's option `workerData`. */
  readonly workerData: unknown;
  /**
   * Runs `fn(request)` and, with the executor's option `audit`, records the full request before it and the full response, or
   * the error, after it. Resolves to the response or rejects with the error of `fn`. Where they are recorded, it rejects without
   * running `fn` when the request can't be cloned, and after it when the response can't.
   */
  call<Req, Res>(name: string, request: Req, fn: (request: Req) => MaybePromise<Res>): Promise<Res>;
}
