import { describe, expect, test } from 'vitest';
import { inWordsOfFlags, loadErrorInWordsOfFlags, readExecutorFlags } from '../../src/cli/executor-flags.ts';
import { formatCount, formatDuration, parseDecimal } from '../../src/cli/numbers.ts';

describe('executor flags', () => {
  test('are read into the options of the executor', () => {
    const { env, ...options } = readExecutorFlags({
      poolSize: '4',
      sliceSize: 'auto',
      maxCapacityRetryMs: 'Infinity',
      backoffMultiplier: '1.5',
      resourceLimits: '{"maxOldGenerationSizeMb":64}',
      workerData: 'null',
      execArgv: ['--no-warnings', '--trace-uncaught'],
      env: ['A=1', 'B=x=y', 'C='],
    });
    expect(options).toEqual({
      poolSize: 4,
      sliceSize: 'auto',
      maxCapacityRetryMs: Infinity,
      backoffMultiplier: 1.5,
      resourceLimits: { maxOldGenerationSizeMb: 64 },
      workerData: null,
      execArgv: ['--no-warnings', '--trace-uncaught'],
    });
    expect(env).toEqual({ ...process.env, A: '1', B: 'x=y', C: '' });
  });

  test('that are not given leave the default to the executor', () => {
    expect(readExecutorFlags({})).toEqual({});
  });

  test('the words of the executor become those of the command line', () => {
    const message =
      "Cannot create executor as 'minDispatchDelayMs' must not be above maxDispatchDelayMs (5): received 6";
    expect(inWordsOfFlags(message, { minDispatchDelayMs: '6.0' })).toBe(
      "--min-dispatch-delay-ms must not be above --max-dispatch-delay-ms (5): received '6.0'",
    );
    expect(inWordsOfFlags('something else', {})).toBe('something else');
    const list = "Cannot create executor as 'execArgv' must be a list of strings: received [ 1 ]";
    expect(inWordsOfFlags(list, { execArgv: ['1'] })).toBe(
      '--exec-argv must be a list of strings: received [ 1 ]',
    );
  });

  test('a member of an option is told as one of the flag', () => {
    const values = { resourceLimits: '{"x":1}' };
    const told = (rest: string) => inWordsOfFlags(`Cannot create executor as 'resourceLimits${rest}`, values);
    expect(told(".x' is not an option: received 1")).toBe(
      "'x' in --resource-limits is not an option: received 1",
    );
    expect(told(".stackSizeMb' must be a finite number of MB above 0: received -1")).toBe(
      "'stackSizeMb' in --resource-limits must be a finite number of MB above 0: received -1",
    );
    expect(told("' must be an object: received 5")).toBe(
      `--resource-limits must be an object: received '{"x":1}'`,
    );
  });

  test('a load that took too long is told with the flag; all else stays', () => {
    const late = 'it had not finished loading after loadTimeoutMs (1500 ms)';
    expect(loadErrorInWordsOfFlags(`Cannot load transform t.mjs: ${late}`)).toBe(
      'Cannot load transform t.mjs: it had not finished loading after --load-timeout-ms (1500 ms)',
    );
    const other = 'Cannot load transform t.mjs: Error: loadTimeoutMs (1500 ms)';
    expect(loadErrorInWordsOfFlags(other)).toBe(other);
  });
});

test.for([
  ['5', 5],
  ['-1.5e3', -1500],
  ['.5', 0.5],
  ['Infinity', Infinity],
  ['', NaN],
  [' 5', NaN],
  ['0x10', NaN],
  ['1_000', NaN],
  ['auto', NaN],
] as const)('parseDecimal: %j', ([text, number]) => {
  expect(parseDecimal(text)).toBe(number);
});

test.for([
  [0, '0'],
  [999, '999'],
  [999.5, '1,000'],
  [12_345, '12,345'],
  [1_000_000, '1,000,000'],
  [-1_234, '-1,234'],
] as const)('formatCount: %f', ([value, text]) => {
  expect(formatCount(value)).toBe(text);
});

test.for([
  [0, '0.00 s'],
  [9_994, '9.99 s'],
  [9_995, '10.0 s'],
  [59_949, '59.9 s'],
  [59_950, '1:00 min'],
  [245_000, '4:05 min'],
  [7_445_000, '2:04:05 h'],
] as const)('formatDuration: %i ms', ([ms, text]) => {
  expect(formatDuration(ms)).toBe(text);
});
