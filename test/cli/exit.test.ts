import { expect, test } from 'vitest';
import { exitCodeOf, messageOf, RunError, UsageError } from '../../src/cli/exit.ts';

test.each([
  [new UsageError('no'), 2],
  [new RunError('no'), 1],
  [new Error('no'), 1],
  ['no', 1],
])('exitCodeOf and messageOf: %o', (reason, code) => {
  expect(exitCodeOf(reason)).toBe(code);
  expect(messageOf(reason)).toBe('no');
});
