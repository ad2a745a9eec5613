import type { TransformResult } from './core/transform-result.ts';
import type { TextRows } from './core/text-rows.ts';

/** The results of rows that ran together, in order. */
export interface RunResults {
  readonly count: number;
  readonly errors: number;
  /** The outputs from one to, not including, another; undefined unless all are strings that are kept as texts. */
  textsIn(from: number, to: number): readonly TextRows[] | undefined;
  at(index: number): TransformResult<unknown>;
  list(): readonly TransformResult<unknown>[];
}

/** Results that are there. */
export class ListedResults implements RunResults {
  readonly errors: number;
  readonly #results: readonly TransformResult<unknown>[];

  constructor(results: readonly TransformResult<unknown>[]) {
    this.#results = results;
    this.errors = results.reduce((sum, { status }) => (status === 'error' ? sum + 1 : sum), 0);
  }

  get count(): number {
    return this.#results.length;
  }

  textsIn(): undefined {
    return undefined;
  }

  at(index: number): TransformResult<unknown> {
    return this.#results[index] as TransformResult<unknown>;
  }

  list(): readonly TransformResult<unknown>[] {
    return this.#results;
  }
}

/** Results that are strings: each is made when it is asked for. */
export class TextResults implements RunResults {
  readonly errors = 0;
  readonly #texts: readonly TextRows[];
  readonly count: number;

  constructor(texts: readonly TextRows[]) {
    this.#texts = texts;
    this.count = texts.reduce((sum, { size }) => sum + size, 0);
  }

  textsIn(from: number, to: number): readonly TextRows[] {
    const parts: TextRows[] = [];
    let first = 0;
    for (const texts of this.#texts) {
      const start = Math.max(0, from - first);
      const end = Math.min(texts.size, to - first);
      if (start < end) parts.push(texts.part(start, end));
      first += texts.size;
    }
    return parts;
  }

  at(index: number): TransformResult<unknown> {
    let left = index;
    for (const texts of this.#texts) {
      if (left < texts.size) return { status: 'success', value: texts.at(left) };
      left -= texts.size;
    }
    throw new RangeError(`Cannot find result ${index} of ${this.count}`);
  }

  list(): readonly TransformResult<unknown>[] {
    return Array.from({ length: this.count }, (_, index) => this.at(index));
  }
}
