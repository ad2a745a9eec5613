import type { Dice } from './dice.ts';
import type { Limit } from './limits.ts';
import type { Attempt } from './service.ts';

/** A service and the rows that are sent to it. */
export interface Scenario {
  readonly name: string;
  readonly rows: number;
  readonly poolSize: number;
  /** Mean time that the service works on an accepted row, in ms. */
  readonly workMs: number;
  readonly makeLimit: (dice: Dice) => Limit;
  /** Whoever answers refusals with a storm of attempts is left out: he does as in scenarios that take less time. */
  readonly sparesStorms?: boolean;
  /** How long a row is tried again, in ms. Default: for ever. */
  readonly budgetMs?: number;
  readonly goals: Goals;
  /** What else is measured, and to be reached. */
  readonly checks?: readonly Check[];
}

export interface Goals {
  readonly goodput?: number;
  /** As a share of all attempts. */
  readonly refused?: number;
}

/** One further figure of a run. */
export interface Check {
  readonly name: string;
  readonly measure: (run: Run) => number;
  readonly atMost: number;
}

/** What one run of a scenario showed. Instants and times in ms. */
export interface Run {
  readonly scenario: Scenario;
  readonly attempts: readonly Attempt[];
  /** Rows that were given up. */
  readonly failed: number;
  /** When 95 % of the rows were done. */
  readonly doneAt: number;
  /** When a scheduler that knows everything would have had 95 % of them done. */
  readonly idealAt: number;
}
