import { inspect } from 'node:util';
import type { RowContext, RowIdentity } from './batch.ts';
import { generatedStateId } from './core/generated-id.ts';
import { checkIterable } from './row-source.ts';

/**
 * Reads the contexts of a batch and checks that each row has an identity of its own.
 *
 * @throws TypeError on an empty state id, an index that is no whole number from 0, or either used twice.
 */
export function checkContexts<Row>(contexts: Iterable<RowContext<Row>>): RowContext<Row>[] {
  checkIterable(contexts);
  // copies: the caller may change its contexts while the batch runs
  const list = Array.from(contexts, copyOf);
  const identities = new Identities();
  for (const context of list) identities.add(context, () => 'the batch');
  return list;
}

function copyOf<Row>(context: RowContext<Row> | null | undefined): RowContext<Row> {
  const { row, stateId, rowIndex } = context ?? ({} as RowContext<Row>); // which has no identity either
  return { row, stateId, rowIndex };
}

/**
 * Identities that are taken. Rows that have no identities of their own are called by their index, one after another:
 * of those only the number is kept.
 */
export class Identities {
  /** Rows 0 to n - 1 have the ids of {@link generatedStateId}. */
  #generated = 0;
  readonly #stateIds = new Set<string>();
  /** Indices usually come in order; the set is filled only once they don't. */
  #indices: Set<number> | undefined;
  #ordered: number[] = [];

  /** @throws TypeError on an empty state id, an index that is no whole number from 0, or either taken before. */
  add(identity: RowIdentity, where: () => string): void {
    if (this.#isNext(identity)) {
      this.#generated++;
      return;
    }
    const { stateId, rowIndex } = identity;
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
    if (this.#hasStateId(stateId)) refuse('stateId', stateId, where);
    if (this.#hasIndex(rowIndex)) refuse('rowIndex', rowIndex, where);
    if (rowIndex === this.#generated && stateId === generatedStateId(rowIndex)) {
      this.#generated++;
    } else {
      this.#stateIds.add(stateId);
      this.#addIndex(rowIndex);
    }
  }

  /** Takes rows that are called by their index, one after another, where they are {@link #isNext}; else false. */
  addNext(first: number, count: number): boolean {
    if (first !== this.#generated || this.#stateIds.size > 0) return false;
    this.#generated += count;
    return true;
  }

  /** @throws TypeError when one of them is taken */
  refuseKnown(identities: Iterable<RowIdentity>, where: () => string): void {
    for (const identity of identities) {
      if (this.#isNext(identity)) continue;
      const { stateId, rowIndex } = identity;
      if (this.#hasStateId(stateId)) refuse('stateId', stateId, where);
      if (this.#hasIndex(rowIndex)) refuse('rowIndex', rowIndex, where);
    }
  }

  /** What most rows are: called by their index, one after another, and nothing else is taken. */
  #isNext({ stateId, rowIndex }: RowIdentity): boolean {
    return (
      rowIndex === this.#generated && this.#stateIds.size === 0 && stateId === generatedStateId(rowIndex)
    );
  }

  #hasStateId(stateId: string): boolean {
    return (
      this.#stateIds.has(stateId) || (this.#generated > 0 && indexOfGenerated(stateId) < this.#generated)
    );
  }

  #hasIndex(rowIndex: number): boolean {
    if (rowIndex < this.#generated) return true;
    if (this.#indices === undefined && rowIndex > (this.#ordered.at(-1) ?? -1)) return false;
    this.#indices ??= new Set(this.#ordered);
    return this.#indices.has(rowIndex);
  }

  #addIndex(rowIndex: number): void {
    if (this.#indices === undefined) this.#ordered.push(rowIndex);
    else this.#indices.add(rowIndex);
  }
}

/** What a row is called that has no name of its own. */
export function generatedIdentity(rowIndex: number): RowIdentity {
  return { stateId: generatedStateId(rowIndex), rowIndex };
}

/** The index in a generated state id; Infinity when it is none. */
function indexOfGenerated(stateId: string): number {
  const rowIndex = Number(stateId.slice(generatedStateId(0).length - 1));
  const isIndex = Number.isSafeInteger(rowIndex) && rowIndex >= 0;
  return isIndex && stateId === generatedStateId(rowIndex) ? rowIndex : Infinity;
}

function refuse(name: string, value: unknown, where: () => string): never {
  throw new TypeError(`Cannot execute batch as ${name} ${inspect(value)} is used twice in ${where()}`);
}
