import { inspect } from 'node:util';
import type { RowContext } from './batch.ts';
import { checkIterable } from './row-source.ts';

/**
 * Reads the contexts of a batch and checks that each row has an identity of its own.
 *
 * @throws TypeError on an empty state id, an index that is no whole number from 0, or either used twice.
 */
export function checkContexts<Row>(contexts: Iterable<RowContext<Row>>): RowContext<Row>[] {
  checkIterable(contexts);
  // copies: the caller may change its contexts while the batch runs
  const list = Array.from(contexts, ({ row, stateId, rowIndex }) => ({ row, stateId, rowIndex }));
  const identities = new Identities();
  for (const context of list) identities.add(context, 'the batch');
  return list;
}

/** The identities used in each named run of a trail, so that no later batch of the run uses one again. */
export class RunRegistry {
  readonly #runs = new Map<string, Identities>();

  /** Takes the identities of these rows, or none of them. */
  claim(runId: string, contexts: Iterable<RowContext<unknown>>): void {
    const identities = this.#runs.get(runId) ?? new Identities();
    identities.refuseKnown(contexts, `run ${inspect(runId)}`);
    for (const context of contexts) identities.add(context, `run ${inspect(runId)}`);
    this.#runs.set(runId, identities);
  }
}

class Identities {
  readonly #stateIds = new Set<string>();
  /** Indices usually come in order; the set is filled only once they don't. */
  #indices: Set<number> | undefined;
  #ordered: number[] = [];

  add({ stateId, rowIndex }: RowContext<unknown>, where: string): void {
    if (typeof stateId !== 'string' || stateId === '') {
      throw new TypeError(
        `Cannot execute batch as 'stateId' must be a non-empty string: received ${inspect(stateId)}`,
      );
    }
    if (!Number.isSafeInteger(rowIndex) || rowIndex < 0) {
      throw new TypeError(
        `Cannot execute batch as 'rowIndex' must be a whole number from 0: received ${inspect(rowIndex)}`,
      );
    }
    if (this.#stateIds.has(stateId)) refuse('stateId', stateId, where);
    this.#stateIds.add(stateId);
    this.#addIndex(rowIndex, where);
  }

  refuseKnown(contexts: Iterable<RowContext<unknown>>, where: string): void {
    for (const { stateId, rowIndex } of contexts) {
      if (this.#stateIds.has(stateId)) refuse('stateId', stateId, where);
      if (this.#hasIndex(rowIndex)) refuse('rowIndex', rowIndex, where);
    }
  }

  #addIndex(rowIndex: number, where: string): void {
    if (this.#indices === undefined && rowIndex > (this.#ordered.at(-1) ?? -1)) {
      this.#ordered.push(rowIndex);
      return;
    }
    if (this.#hasIndex(rowIndex)) refuse('rowIndex', rowIndex, where);
    this.#indices?.add(rowIndex);
  }

  #hasIndex(rowIndex: number): boolean {
    if (this.#indices === undefined && rowIndex > (this.#ordered.at(-1) ?? -1)) return false;
    this.#indices ??= new Set(this.#ordered);
    return this.#indices.has(rowIndex);
  }
}

function refuse(name: string, value: unknown, where: string): never {
  throw new TypeError(`Cannot execute batch as ${name} ${inspect(value)} is used twice in ${where}`);
}
