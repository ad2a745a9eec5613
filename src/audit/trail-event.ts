import type { CallEvent } from '../core/call-event.ts';
import type { Encoded } from '../core/codec.ts';
import type { Entry } from '../core/entry.ts';
import type { Outcome } from '../core/outcome.ts';
import type { TextRows } from '../core/text-rows.ts';
import type { AttemptRecord, BatchEndRecord, BatchRecord, RecordOrigin } from './audit-trail.ts';

export type EventOf<Kind extends TrailEvent['kind']> = Extract<TrailEvent, { readonly kind: Kind }>;

/** What happened to some rows of a batch at once: one event stands for a record of each. */
export type TrailEvent = EventOrigin &
  (
    | { readonly kind: 'rows'; readonly rows: RecordedRows }
    | { readonly kind: 'dispatch'; readonly sliceId: number; readonly rows: DispatchedRows }
    | AttemptsEvent
    | { readonly kind: 'call'; readonly call: CallEvent }
    | { readonly kind: 'entries'; readonly entries: readonly RecordedEntries[] }
    | { readonly kind: 'single'; readonly content: BatchRecord | BatchEndRecord | AttemptRecord }
  );

export interface EventOrigin extends RecordOrigin {
  /** Whether the rows' state ids are those of `generatedStateId`. */
  readonly generatedIds: boolean;
}

/** Rows of a batch by their place in a list: an object for each is dear where there are many. */
export interface RowList {
  readonly size: number;
  rowIndexAt(place: number): number;
  stateIdAt(place: number): string;
}

export interface RecordedRows extends RowList {
  /** Each by itself; made when it is asked for. */
  readonly encoded: readonly Encoded[];
  /** The rows, where all of them are strings that are kept as texts. */
  readonly texts: TextRows | undefined;
}

export interface DispatchedRows extends RowList {
  attemptAt(place: number): number;
}

/** The attempts of one slice. Instants are epoch ms. */
export interface AttemptsEvent {
  readonly kind: 'attempts';
  readonly threadId: number;
  readonly sliceId: number;
  readonly dispatchedAt: number;
  readonly delayMs: number;
  readonly attempts: RecordedAttempts;
  /** Makes epoch ms of an attempt's instants. */
  readonly toEpoch: (now: number) => number;
}

/** Instants as {@link AttemptsEvent.toEpoch} takes them. */
export interface RecordedAttempts extends RowList {
  attemptAt(place: number): number;
  statusAt(place: number): Outcome['status'];
  outcomeAt(place: number): Outcome;
  startedAt(place: number): number;
  finishedAt(place: number): number;
  /** The wait ordered after it; 0 for none. */
  backoffMsAt(place: number): number;
  /** The throttle's delay in force when that wait was ordered. */
  delayAfterMsAt(place: number): number | undefined;
  /** The responses, where all of them are strings that are kept as texts. */
  readonly texts: TextRows | undefined;
  /** The encoded responses by place, where they are at hand; meaningless for attempts that did not succeed. */
  readonly encoded: readonly Encoded[] | undefined;
}

/** What an entry says of its row's way. */
export type EntryPlace = Omit<Entry<unknown>, 'stateId' | 'result'>;

/** Entries that follow one another. */
export interface RecordedEntries extends RowList {
  statusAt(place: number): Entry<unknown>['result']['status'];
  placeAt(place: number): EntryPlace;
  at(place: number): Entry<unknown>;
  part(from: number, to: number): RecordedEntries;
}
