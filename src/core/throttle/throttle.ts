import type { CapacitySignal } from '../capacity-error.ts';

/** One dispatched attempt, as the throttle sees it. The same object is given at dispatch and at its end. */
export interface ThrottledAttempt {
  /** When it was dispatched, in ms on the caller's monotonic clock. */
  readonly dispatchedAt: number;
  /** How often the row was refused before this attempt. */
  readonly refusals: number;
  /** How many rows were sent with it, to run one after another. */
  readonly rowCount: number;
  /** Whether it was dispatched while the service accepted nothing; see {@link ThrottleSeat.probing}. */
  readonly probe: boolean;
}

/** An executor, as the throttle sees it. */
export interface ThrottleMember {
  /** How many attempts it may have in flight by itself. */
  readonly poolSize: number;
  /** Its attempts in flight; an attempt that has ended is no longer among them when its end is told. */
  readonly inFlight: { readonly size: number; list(): readonly ThrottledAttempt[] };
  /** Its rows that could be dispatched at once. */
  readonly readyCount: number;
  /** Its rows that wait out a refusal. */
  readonly waitingCount: number;
  /** It may go on: to be called back soon, not at once, as another member is in the middle of something. */
  wake(): void;
}

/**
 * What slows the dispatch of all rows. Executors that share a quota share one throttle. Pure: it never sleeps and has no
 * clock; `now` is an argument, in ms on a monotonic clock that all members share.
 */
export interface Throttle {
  /** The documented delay in force, in ms. */
  readonly currentDelayMs: number;
  /** The highest delay so far, in ms. */
  readonly peakDelayMs: number;
  /** Takes an executor in, which must {@link ThrottleSeat.leave} when it has no more rows to dispatch, ever. */
  join(member: ThrottleMember): ThrottleSeat;
}

/** A member's access to its throttle. */
export interface ThrottleSeat {
  /** The throttle's delay in force, in ms. */
  readonly currentDelayMs: number;
  /** True when nothing speaks against sending many rows in one message. */
  readonly atRest: boolean;
  /** True while the service accepts nothing, so that single attempts find out when it does again. */
  readonly probing: boolean;
  /** Whether one more attempt of this member may be in flight. */
  mayDispatch(): boolean;
  /** The earliest instant of the next dispatch; not later than `now` when the gate is open. */
  gateAt(now: number): number;
  onDispatch(attempt: ThrottledAttempt): void;
  /** So many rows of the attempt succeeded. */
  onSuccess(attempt: ThrottledAttempt, now: number, rows: number): void;
  /** A row of the attempt was refused. Returns the wait that the row has to observe, in ms, never below 1. */
  onCapacityError(attempt: ThrottledAttempt, refusal: CapacitySignal, now: number): number;
  /** A row of the attempt had another end of which the service may be the author: it answered, but not that it is busy. */
  onOtherAnswer(attempt: ThrottledAttempt, now: number): void;
  /** The member has dispatched what it could; `held` when only the throttle keeps it from dispatching more. */
  onPumped(held: boolean): void;
  /** Nothing of the member counts any more. */
  leave(): void;
}
