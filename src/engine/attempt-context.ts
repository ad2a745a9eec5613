import type { CallEvent } from '../core/call-event.ts';
import { describeThrown, messageOf } from '../core/row-error.ts';
import type { MaybePromise, TransformContext } from '../core/transform.ts';
import { encode } from '../core/codec.ts';
import type { CallRecorder } from './engine.ts';

/** Which attempt it is. */
export interface AttemptIdentity {
  readonly sliceId: number;
  readonly stateId: string;
  readonly rowIndex: number;
  readonly attempt: number;
  readonly nextCallIndex: number;
}

/** The context of one attempt; made anew for each, so that nothing of one row can be seen by another. */
export class AttemptContext implements TransformContext {
  readonly stateId: string;
  readonly rowIndex: number;
  readonly attempt: number;
  readonly workerData: unknown;
  readonly #sliceId: number;
  readonly #recordCall: CallRecorder | undefined;
  #nextCallIndex: number;
  #controller: AbortController | undefined;
  #abortReason: Error | undefined;

  constructor(identity: AttemptIdentity, workerData: unknown, recordCall: CallRecorder | undefined) {
    this.stateId = identity.stateId;
    this.rowIndex = identity.rowIndex;
    this.attempt = identity.attempt;
    this.workerData = workerData;
    this.#sliceId = identity.sliceId;
    this.#nextCallIndex = identity.nextCallIndex;
    this.#recordCall = recordCall;
  }

  /** Made when first asked for: most transforms never do. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  /** A function of its own, so that `const { call } = context` works. */
  get call(): TransformContext['call'] {
    return (name, request, fn) => this.#call(name, request, fn);
  }

  async #call<Req, Res>(name: string, request: Req, fn: (request: Req) => MaybePromise<Res>): Promise<Res> {
    const callIndex = this.#nextCallIndex++;
    const record = this.#recordCall;
    if (record === undefined) return fn(request);
    const about = { stateId: this.stateId, callIndex, attempt: this.attempt, name };
    const put = (event: Pick<CallEvent, 'phase' | 'payload' | 'error'>) =>
      record(this.#sliceId, { ...about, ...event });
    await put({ phase: 'request', payload: encodeFor(name, 'request', request) });
    let response: Res;
    try {
      response = await fn(request);
    } catch (thrown) {
      await put({ phase: 'error', error: describeThrown(thrown) });
      throw thrown;
    }
    await put({ phase: 'response', payload: encodeFor(name, 'response', response) });
    return response;
  }

  /** For whoever runs the attempt, not for the transform. */
  static nextCallIndexOf(context: AttemptContext): number {
    return context.#nextCallIndex;
  }

  /** For whoever runs the attempt, not for the transform. */
  static abort(context: AttemptContext, reason: Error): void {
    context.#abortReason ??= reason;
    context.#controller?.abort(reason);
  }

  /** Why the attempt's signal was aborted, if it was. */
  static abortReasonOf(context: AttemptContext): Error | undefined {
    return context.#abortReason;
  }
}

function encodeFor(name: string, side: 'request' | 'response', value: unknown): unknown {
  try {
    return encode(value);
  } catch (reason) {
    const text = messageOf(reason);
    throw new TypeError(`Cannot record the ${side} of call '${name}' as it can not be cloned: ${text}`, {
      cause: reason,
    });
  }
}
