import { MOST_FINDINGS, type Finding } from './verification.ts';

/** Collects findings: all are counted, the first are kept. */
export class Findings {
  readonly list: Finding[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(finding: Finding): void {
    this.#count++;
    if (this.list.length < MOST_FINDINGS) this.list.push(finding);
  }
}
