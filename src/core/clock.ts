/** Time and timers as the executor uses them. The only way by which it learns the time, so that tests can choose it. */
export interface Clock {
  /** Monotonic, in ms, from an origin that all threads of the machine share. Never steps back. */
  now(): number;
  /** The same instant in ms since the epoch; unaffected by later steps of the wall clock. */
  toEpoch(now: number): number;
  /** Calls back once after `delayMs`; returns what cancels it. Keeps the process alive until then. */
  setTimer(callback: () => void, delayMs: number): () => void;
  /**
   * The same for what nobody waits for, such as the end of something that hangs: it does not keep the process alive, and a
   * clock of a test need not let that much time pass by itself.
   */
  setLimit(callback: () => void, delayMs: number): () => void;
  /** Calls back once the present turn of the event loop is over. */
  defer(callback: () => void): void;
}
