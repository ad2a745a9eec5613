import { messageOf } from '../core/row-error.ts';

/** SQLite's primary result codes that a user can do something about, as parts of a sentence. */
const REASONS: ReadonlyMap<number, string> = new Map([
  [5, 'another connection holds it: close whatever else has it open'],
  [8, 'it can not be written: check the permissions of the file and its folder'],
  [10, 'its disk fails or is full'],
  [11, 'it is damaged: restore a copy, or keep it and begin another'],
  [13, 'its disk is full: make room and continue the run'],
  [14, 'SQLite can not open it: check that it is a file and that its folder can be written'],
  [26, 'it is no audit trail'],
]);

/** What SQLite, or anything else, threw, as part of a sentence: with the remedy where there is one. */
export function reasonOf(thrown: unknown): string {
  const code = (thrown as { readonly errcode?: unknown } | null | undefined)?.errcode;
  const reason = typeof code === 'number' ? REASONS.get(code & 0xff) : undefined;
  return reason === undefined ? messageOf(thrown) : `${reason} (SQLite: ${messageOf(thrown)})`;
}

/** Whether SQLite threw because another connection was faster. */
export function isBusy(thrown: unknown): boolean {
  return (thrown as { readonly errcode?: unknown } | null | undefined)?.errcode === 5;
}
