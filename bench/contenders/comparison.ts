import { count, rate, ratio, withRange } from '../format.ts';
import type { Table } from '../group.ts';
import type { Measured } from '../rounds.ts';
import { ratiosPerRound, summarise, type Summary } from '../summary.ts';
import type { Contender } from './contender.ts';

/** What some contenders did with the same rows in the same rounds. */
export class Comparison {
  readonly measured: readonly Measured[];

  constructor(measured: readonly Measured[]) {
    this.measured = measured;
  }

  /** Rows per second of one contender divided by those of another, round by round. */
  ratios(contender: Contender, other: Contender): number[] {
    return ratiosPerRound(this.of(contender).rowsPerSecond, this.of(other).rowsPerSecond);
  }

  ratio(contender: Contender, other: Contender): Summary {
    return summarise(this.ratios(contender, other));
  }

  /** The fastest library that takes single rows. */
  fastestPool(): Contender {
    const pools = this.measured.filter(({ contender }) => contender.role === 'pool');
    const [fastest] = pools.toSorted((a, b) => medianOf(b) - medianOf(a));
    if (fastest === undefined) throw new Error('Cannot name the fastest pool as none was measured');
    return fastest.contender;
  }

  /** Rows per second of each, and how many times as many `ours` and how many times the plain `loop` did. */
  table(caption: string, against: { readonly ours: Contender; readonly loop: Contender }): Table {
    return {
      caption,
      columns: [
        '',
        'rows/s',
        `${against.ours.name} / this`,
        'this / plain loop',
        'CPU µs per row',
        'rows per run',
      ],
      lines: this.measured.map(({ contender, rows, rowsPerSecond, cpuPerRow }) => [
        contender.name,
        withRange(summarise(rowsPerSecond), rate),
        withRange(this.ratio(against.ours, contender), ratio),
        withRange(this.ratio(contender, against.loop), ratio),
        ratio(summarise(cpuPerRow).median),
        count(rows),
      ]),
    };
  }

  /** Plain data for the results file. */
  figures(): readonly object[] {
    return this.measured.map(({ contender, rows, rowsPerSecond, cpuPerRow }) => ({
      contender: contender.name,
      role: contender.role,
      rowsPerRun: rows,
      rowsPerSecond: { ...summarise(rowsPerSecond), rounds: rowsPerSecond },
      cpuMicrosPerRow: summarise(cpuPerRow),
    }));
  }

  of(contender: Contender): Measured {
    const found = this.measured.find((measured) => measured.contender === contender);
    if (found === undefined) throw new Error(`Cannot compare ${contender.name} as it was not measured`);
    return found;
  }
}

function medianOf({ rowsPerSecond }: Measured): number {
  return summarise(rowsPerSecond).median;
}
