import type { BenchRow } from '../rows.ts';

/** Takes outputs, in the order of their rows. */
export type Sink = (output: BenchRow) => void;

/** One way to run the transform over rows. */
export interface Contender {
  /** What tables and results call it. */
  readonly name: string;
  /** `pool`: a library that takes single rows. `chunks`: arrays of rows made by hand, in which no row is known by itself. */
  readonly role: 'ours' | 'loop' | 'pool' | 'chunks';
  /** Where it is exported: a process of its own imports it from there, and no other. */
  readonly module: string;
  /** Starts it with this many threads. */
  open(threads: number): Promise<OpenContender>;
}

/** A contender whose threads are running. */
export interface OpenContender {
  /** Runs the transform over all rows and gives every output to `sink`. */
  run(rows: readonly BenchRow[], sink: Sink): Promise<void>;
  /** Ends its threads. */
  close(): Promise<void>;
}
