/** How much is measured. */
export interface Settings {
  readonly quick: boolean;
  /** Measured runs of each contender. */
  readonly rounds: number;
  /** How long one measured run of one contender should take, in ms; it gets as many rows as that needs. */
  readonly runMs: number;
  /** How long the process of a contender has run rows before it is measured, in ms: V8 takes seconds to compile all that is hot. */
  readonly warmUpMs: number;
  /** Worker threads of each contender. */
  readonly threads: number;
}

/** What the figures in README and report are made with. */
export const FULL: Settings = { quick: false, rounds: 5, runMs: 300, warmUpMs: 2_000, threads: 2 };

/** For CI: shows that the bench works; its figures say little. */
export const QUICK: Settings = { quick: true, rounds: 2, runMs: 30, warmUpMs: 30, threads: 2 };
