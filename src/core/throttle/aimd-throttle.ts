import type { CapacitySignal } from '../capacity-error.ts';
import { ThrottleLaw, type ThrottleLoad } from './throttle-law.ts';
import type { ResolvedThrottleOptions } from './throttle-options.ts';
import type { Throttle, ThrottledAttempt, ThrottleMember, ThrottleSeat } from './throttle.ts';

/**
 * The law for any number of executors. When several want to dispatch and not all may, they take turns: the one whose last
 * dispatch is the longest ago comes first, so that executors with as much work get as many attempts.
 */
export class AimdThrottle implements Throttle {
  readonly #law: ThrottleLaw;
  readonly #seats = new Seats();

  constructor(options: ResolvedThrottleOptions) {
    this.#law = new ThrottleLaw(options);
  }

  get currentDelayMs(): number {
    return this.#law.currentDelayMs;
  }

  get peakDelayMs(): number {
    return this.#law.peakDelayMs;
  }

  /** How many attempts may be in flight, as a real number: all that the pools can have, until the service sets a limit. */
  get windowSize(): number {
    return this.#law.windowSize;
  }

  join(member: ThrottleMember): ThrottleSeat {
    const seat = new Seat(this.#law, this.#seats, member);
    this.#seats.add(seat);
    this.#law.resize(this.#seats.poolSize);
    return seat;
  }
}

/** Who has joined, and whose turn it is. */
class Seats implements ThrottleLoad {
  readonly #all: Seat[] = [];
  #turns = 0;

  get poolSize(): number {
    return this.#all.reduce((sum, { member }) => sum + member.poolSize, 0);
  }

  get isAlone(): boolean {
    if (this.poolSize === 1) return true;
    return this.#all.every(({ member }) => member.inFlight.size === 0 && member.waitingCount === 0);
  }

  get hasReadyRows(): boolean {
    return this.#all.some(({ member }) => member.readyCount > 0);
  }

  get inFlightCount(): number {
    let count = 0;
    for (const { member } of this.#all) count += member.inFlight.size;
    return count;
  }

  inFlight(): readonly ThrottledAttempt[] {
    return this.#all.flatMap(({ member }) => member.inFlight.list());
  }

  add(seat: Seat): void {
    this.#all.push(seat);
  }

  remove(seat: Seat): void {
    const index = this.#all.indexOf(seat);
    if (index >= 0) this.#all.splice(index, 1);
  }

  /** The number of a dispatch, over all members. */
  nextTurn(): number {
    return ++this.#turns;
  }

  /** The one that comes first among those that are held. */
  nextHeld(): Seat | undefined {
    let next: Seat | undefined;
    for (const seat of this.#all) {
      if (seat.isHeld && (next === undefined || seat.lastTurn < next.lastTurn)) next = seat;
    }
    return next;
  }
}

class Seat implements ThrottleSeat {
  readonly member: ThrottleMember;
  /** The number of its last dispatch. */
  lastTurn = 0;
  /** Whether only the throttle kept it from dispatching when it last tried. */
  isHeld = false;
  readonly #law: ThrottleLaw;
  readonly #seats: Seats;

  constructor(law: ThrottleLaw, seats: Seats, member: ThrottleMember) {
    this.member = member;
    this.#law = law;
    this.#seats = seats;
  }

  get currentDelayMs(): number {
    return this.#law.currentDelayMs;
  }

  get atRest(): boolean {
    return this.#law.atRest;
  }

  get probing(): boolean {
    return this.#law.probing;
  }

  mayDispatch(): boolean {
    return this.#hasRoom() && this.#isOwnTurn();
  }

  gateAt(now: number): number {
    return this.#law.gateAt(now);
  }

  onDispatch(attempt: ThrottledAttempt): void {
    this.lastTurn = this.#seats.nextTurn();
    this.#law.onDispatch(attempt);
  }

  onSuccess(attempt: ThrottledAttempt, now: number, rows: number): void {
    this.#law.onSuccess({ attempt, rows }, this.#seats, now);
  }

  onCapacityError(attempt: ThrottledAttempt, refusal: CapacitySignal, now: number): number {
    return this.#law.onCapacityError(attempt, refusal, this.#seats, now);
  }

  onOtherAnswer(attempt: ThrottledAttempt, now: number): void {
    this.#law.onOtherAnswer(attempt, now);
  }

  /** Whatever just happened here, another member may now be able to go on. */
  onPumped(held: boolean): void {
    this.isHeld = held;
    this.#wakeNext();
  }

  leave(): void {
    this.isHeld = false;
    this.#seats.remove(this);
    this.#law.resize(this.#seats.poolSize);
    this.#wakeNext();
  }

  #hasRoom(): boolean {
    return this.#law.limit === Infinity || this.#seats.inFlightCount < this.#law.limit;
  }

  #isOwnTurn(): boolean {
    const next = this.#seats.nextHeld();
    return next === undefined || next === this || next.lastTurn > this.lastTurn;
  }

  #wakeNext(): void {
    const next = this.#seats.nextHeld();
    if (next !== undefined && next !== this && this.#hasRoom()) next.member.wake();
  }
}
