import type { TransformResult } from './core/transform-result.ts';
import type { TextRows } from './core/text-rows.ts';

/** The results of rows that ran together, in order. */
export interface RunResults {
  readonly count: number;
  readonly errors: number;
  /** The outputs from one to, not including, another; undefined unless all are strings that are kept as texts. */
  textsIn(from: number, to: number): TextRows | undefined;
  statusAt(index: number): TransformResult<unknown>['status'];
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

  statusAt(index: number): TransformResult<unknown>['status'] {
    return this.at(index).status;
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
  readonly #rows: TextRows;
  /** Made with the first of them. */
  #texts: readonly string[] | undefined;

  constructor(rows: TextRows) {
    this.#rows = rows;
  }

  get count(): number {
    return this.#rows.size;
  }

  textsIn(from: number, to: number): TextRows {
    return this.#rows.part(from, to);
  }

  statusAt(): 'success' {
    return 'success';
  }

  at(index: number): TransformResult<unknown> {
    this.#texts ??= this.#rows.list();
    return { status: 'success', value: this.#texts[index] };
  }

  list(): readonly TransformResult<unknown>[] {
    return this.#rows.list().map((value) => ({ status: 'success', value }));
  }
}
