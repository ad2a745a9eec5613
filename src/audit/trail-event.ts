import type { CallEvent } from '../core/call-event.ts';
import type { Encoded } from '../core/codec.ts';
import type { Entry } from '../core/entry.ts';
import type { Outcome } from '../core/outcome.ts';
import type { AttemptRecord, BatchEndRecord, BatchRecord, RecordOrigin } from './audit-trail.ts';

export type EventOf<Kind extends TrailEvent['kind']> = Extract<TrailEvent, { readonly kind: Kind }>;

/** What happened to some rows of a batch at once: one event stands for a record of each. */
export type TrailEvent = EventOrigin &
  (
    | { readonly kind: 'rows'; readonly rows: readonly RecordedRow[] }
    | { readonly kind: 'dispatch'; readonly sliceId: number; readonly rows: readonly DispatchedRow[] }
    | AttemptsEvent
    | { readonly kind: 'call'; readonly call: CallEvent }
    | { readonly kind: 'entries'; readonly entries: readonly Entry<unknown>[] }
    | { readonly kind: 'single'; readonly content: BatchRecord | BatchEndRecord | AttemptRecord }
  );

export interface EventOrigin extends RecordOrigin {
  /** Whether the rows' state ids are those of `generatedStateId`. */
  readonly generatedIds: boolean;
}

export interface RecordedRow {
  readonly stateId: string;
  readonly rowIndex: number;
  readonly encoded: Encoded;
}

export interface DispatchedRow {
  readonly rowIndex: number;
  readonly attempt: number;
}

/** The attempts of one slice. Instants are epoch ms. */
export interface AttemptsEvent {
  readonly kind: 'attempts';
  readonly threadId: number;
  readonly sliceId: number;
  readonly dispatchedAt: number;
  readonly delayMs: number;
  readonly attempts: readonly RecordedAttempt[];
  /** The encoded responses by position, where they are at hand; meaningless for attempts that did not succeed. */
  readonly encoded?: readonly Encoded[] | undefined;
  /** Makes epoch ms of an attempt's instants. */
  readonly toEpoch: (now: number) => number;
}

/** Instants as {@link AttemptsEvent.toEpoch} takes them. */
export interface RecordedAttempt {
  readonly row: { readonly stateId: string; readonly rowIndex: number };
  readonly attempt: number;
  readonly outcome: Outcome;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly backoffMs: number;
  readonly delayAfterMs?: number | undefined;
}
