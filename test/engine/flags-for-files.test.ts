import { expect, test } from 'vitest';
import { flagsForFiles } from '../../src/engine/flags-for-files.ts';

test.for([
  [[], []],
  [
    ['--max-old-space-size=99', '--expose-gc'],
    ['--max-old-space-size=99', '--expose-gc'],
  ],
  [['--input-type=module', '-e', 'code()', '--expose-gc'], ['--expose-gc']],
  [['--input-type', 'module', '--eval', 'code()'], []],
  [['--eval=code()'], []],
  [['-i', '--no-warnings', '-'], ['--no-warnings']],
  [
    ['--conditions', 'dev', '-p', '-e'],
    ['--conditions', 'dev'],
  ],
  [['--inspect', '--inspect-brk=0', '--inspect-wait', '--no-warnings'], ['--no-warnings']],
] as const)('flagsForFiles: %j', ([flags, expected]) => {
  expect(flagsForFiles(flags)).toEqual(expected);
});
