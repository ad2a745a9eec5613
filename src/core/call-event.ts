import type { Encoded } from './codec.ts';
import { ensureRecordable, withPortableDetails } from './portable.ts';
import { messageOf, type RowError } from './row-error.ts';

/** One side of an external call, while the row that makes it still runs. */
export interface CallEvent {
  readonly stateId: string;
  readonly callIndex: number;
  readonly attempt: number;
  readonly name: string;
  readonly phase: 'request' | 'response' | 'error';
  /** The request or the response. */
  readonly payload?: Encoded;
  readonly error?: RowError;
}

/**
 * The event as it can be put on record outside of the process.
 *
 * @throws TypeError when what was sent, or what came, can't be
 */
export function recordableCall(event: CallEvent): CallEvent {
  const { name, phase, payload, error } = event;
  try {
    ensureRecordable(payload);
  } catch (reason) {
    throw new TypeError(`Cannot record the ${phase} of call '${name}': ${messageOf(reason)}`, {
      cause: reason,
    });
  }
  return error === undefined ? event : { ...event, error: withPortableDetails(error, ensureRecordable) };
}
