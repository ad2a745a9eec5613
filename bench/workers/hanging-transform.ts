import { pbkdf2Sync } from 'node:crypto';

/** Ways in which a row may not come to an end, or not soon. */
const HANGS = {
  loop: () => {
    for (;;);
  },
  regex: () => /^(a+)+$/.test(`${'a'.repeat(60)}!`),
  promise: () => new Promise(() => undefined),
  native: () => pbkdf2Sync('password', 'salt', 1_000_000, 64, 'sha512').length,
} satisfies Record<string, () => unknown>;

export type Hang = keyof typeof HANGS;

export default function hanging(row: Hang | 'done'): unknown {
  return row === 'done' ? row : HANGS[row]();
}
