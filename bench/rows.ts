import transform from './workers/transform.ts';

/** A row as a user might have it: five fields, about 120 bytes of JSON. */
export interface BenchRow {
  readonly id: number;
  readonly customer: string;
  readonly product: string;
  readonly amount: number;
  /** How many bytes the transform takes the checksum of, as CPU work; 0 for none. */
  readonly work: number;
}

/** Rows and what must come out of them. */
export interface Workload {
  readonly rows: readonly BenchRow[];
  /** The digest of the outputs of the first n rows, at n. */
  readonly digests: Int32Array;
}

const PRODUCTS = ['standing desk, walnut', 'office chair, black', 'monitor arm, double', 'desk lamp, brass'];

/** Makes `count` rows of `work` bytes each, and runs them once in a plain loop for the digests. */
export function makeWorkload(count: number, work: number): Workload {
  return workloadOf(new Int32Array(count).fill(work));
}

/** A row for each of `works`, and what comes out of them when they are run once in a plain loop. */
export function workloadOf(works: Int32Array): Workload {
  const rows = rowsOf(works);
  const count = rows.length;
  const digests = new Int32Array(count + 1);
  const digest = new Digest();
  for (const [index, row] of rows.entries()) {
    digest.add(transform(row));
    digests[index + 1] = digest.value;
  }
  return { rows, digests };
}

/** A row for each of `works`, which asks for that many bytes. */
export function rowsOf(works: Int32Array): BenchRow[] {
  return Array.from(works, (work, id) => makeRow(id, work));
}

/** The row with this id, which asks for `work` bytes. */
export function makeRow(id: number, work: number): BenchRow {
  return {
    id,
    customer: `customer-${String(id % 9973).padStart(6, '0')}@example.org`,
    product: PRODUCTS[id % PRODUCTS.length] as string,
    amount: Math.imul(id + 1, 40_503) | 0,
    work,
  };
}

/** A checksum of outputs that depends on each of them and on their order. */
export class Digest {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  add(output: BenchRow): void {
    const { id, amount, customer, product } = output;
    this.#value = (Math.imul(this.#value, 31) + id + amount + customer.length + product.length) | 0;
  }
}
