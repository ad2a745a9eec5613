import { MOST_FINDINGS, type Finding } from './verification.ts';

/** What says most comes first: there may be any number of findings about rows. */
const ORDER: readonly Finding['about'][] = ['run', 'chain', 'output', 'row'];

/** Collects findings: all are counted, the first of each kind are kept. */
export class Findings {
  readonly #kept: Readonly<Record<Finding['about'], Finding[]>> = { run: [], chain: [], output: [], row: [] };
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The first {@link MOST_FINDINGS}, those about the run as a whole before those about its parts. */
  get list(): readonly Finding[] {
    return ORDER.flatMap((about) => this.#kept[about]).slice(0, MOST_FINDINGS);
  }

  add(finding: Finding): void {
    this.#count++;
    const kept = this.#kept[finding.about];
    if (kept.length < MOST_FINDINGS) kept.push(finding);
  }
}
