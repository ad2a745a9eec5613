import { describe, expect, test } from 'vitest';
import { driftNotes, driftRefusal, driftText } from '../../src/cli/drift-text.ts';
import { differencesOf } from '../../src/drift.ts';

const TRANSFORM = { url: 'file:///t.mjs', sha256: '0123456789abcdef' };

/** How an option that has another value than on record is told. */
function textOf(name: string, now: unknown, then: unknown): string {
  const batch = (value: unknown) => ({
    transform: TRANSFORM,
    options: value === undefined ? {} : { [name]: value },
  });
  const [difference] = differencesOf(batch(then), batch(now));
  return driftText(difference!);
}

const paths = Array.from({ length: 12 }, (_, n) => `path${n}`);

test.for<[name: string, now: unknown, then: unknown, text: string]>([
  ['rejects', true, false, '--rejects is given, on record it was not'],
  ['rejects', false, true, '--rejects is not given, on record it was'],
  ['attemptTimeoutMs', 9000, undefined, '--attempt-timeout-ms is 9000, on record it was not given'],
  ['exportName', 'a', 'default', "--export is 'a', on record it was 'default'"],
  ['redact', undefined, ['*.a', 'b'], "--redact is not given, on record it was '*.a', 'b'"],
  [
    'redact',
    paths,
    ['a'],
    `--redact is ${paths.map((path) => `'${path}'`).join(', ')}, on record it was 'a'`,
  ],
  ['execArgv', ['--no-warnings'], undefined, "--exec-argv is '--no-warnings', on record it was not given"],
  ['workerDataSha256', '1a', '2b', '--worker-data is not what it was on record'],
  ['workerDataSha256', undefined, '2b', '--worker-data is not given, on record it was'],
  ['envSha256', '1a', undefined, '--env is given, on record it was not'],
  [
    'inputFormat',
    'csv',
    'ndjson',
    "the format of the input (its name, or --format) is 'csv', on record 'ndjson'",
  ],
])('driftText: %s is %j, was %j', ([name, now, then, text]) => {
  expect(textOf(name, now, then)).toBe(text);
});

test('driftText: what is about no option is told as it is, rows that are missing as those of the input', () => {
  expect(driftText('the rows end after 3, on record are 7')).toBe(
    'the input ends after 3 rows, on record are 7',
  );
  for (const difference of [
    'the transform is file:///b.mjs, on record file:///a.mjs (sha256 1, on record 2)',
    "3 rows have changed, first row 0 ('row-0')",
  ])
    expect(driftText(difference)).toBe(difference);
});

describe('driftRefusal', () => {
  test.for<[differences: string[], remedy: string]>([
    [['the transform t.mjs has changed (...)'], 'the transform that it had, or --allow-drift'],
    [["row 2 ('row-2') has changed"], 'the input that it had, or --allow-drift'],
    [["inputFormat is 'csv', on record 'ndjson'"], 'the input that it had, or --allow-drift'],
    [
      ["isolation is 'process', on record 'thread'", 'the rows end after 3, on record are 7'],
      'the input and the flags that it had, or --allow-drift',
    ],
  ])('of %j', ([differences, remedy]) => {
    const text = driftRefusal(differences);
    expect(text.startsWith('Cannot continue the run as it differs from the record: ')).toBe(true);
    expect(text.endsWith(`. Give it ${remedy} to continue all the same`)).toBe(true);
  });

  test('does not name --allow-drift where that is of no use', () => {
    const text = driftRefusal([
      "row 1 ('b') comes where row 1 ('a') is on record, which can't be overridden",
    ]);
    expect(text.endsWith("can't be overridden. Give it the input that it had")).toBe(true);
  });
});

test.for([
  [10, undefined],
  [11, 'continuing although 1 more thing differs'],
  [13, 'continuing although 3 more things differ'],
] as const)('driftNotes: of %d differences the first ten, and how many more', ([count, more]) => {
  const differences = Array.from({ length: count }, (_, n) => `--flag-${n} differs`);
  const notes = driftNotes(differences);
  expect(notes.slice(0, 10)).toEqual(
    differences.slice(0, 10).map((difference) => `continuing although ${difference}`),
  );
  expect(notes.slice(10)).toEqual(more === undefined ? [] : [more]);
});
