import type { Entry } from '../../core/entry.ts';
import type { ChainReport } from '../chain-check.ts';

/** Whether the record of a run is whole, and what of it was checked. */
export interface Verification {
  readonly runId: string;
  /** Whether nothing was found. */
  readonly ok: boolean;
  /** Whether the run was stopped before all of its input was done: what is on record may be true, and is not all. */
  readonly stopped: boolean;
  /** The hash chain over the whole trail. */
  readonly chain: ChainReport;
  /** How many of each kind were checked. */
  readonly checked: CheckedCounts;
  /** What is wrong, the run as a whole first, then chain, output and rows; the first {@link MOST_FINDINGS}. */
  readonly findings: readonly Finding[];
  readonly findingCount: number;
}

export interface CheckedCounts {
  readonly batches: number;
  readonly rows: number;
  readonly attempts: number;
  readonly calls: number;
  readonly entries: number;
  /** Results compared with the output; absent where none was given. */
  readonly results?: number;
}

/** Something that is not as it must be. */
export interface Finding {
  /** What it is about: the chain, the run as a whole, one row, or one place of the output. */
  readonly about: 'chain' | 'run' | 'row' | 'output';
  readonly message: string;
  readonly rowIndex?: number;
  /** Where it is about all rows from `rowIndex` to this one. */
  readonly lastRowIndex?: number;
  /** From 1. */
  readonly line?: number;
  readonly expected?: string;
  readonly found?: string;
}

export const MOST_FINDINGS = 100;

/** Compares an output with the results of a run. */
export interface OutputCheck {
  /** Whether it wants to see the rows too, which costs memory for each row that is submitted and has no result yet. */
  readonly needsRequests: boolean;
  /** Takes the next result, in the order in which the run gave them out. @param request undefined unless it needs them */
  check(entry: Entry<unknown>, request: unknown): void | Promise<void>;
  /** Called after the last result. Gives what differs. */
  end(): Promise<readonly Finding[]>;
}
