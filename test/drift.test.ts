import { describe, expect, test } from 'vitest';
import { differencesOf } from '../src/drift.ts';

const SHA = '0123456789abcdef';
const recorded = {
  options: { poolSize: 2, exportName: 'default' },
  transform: { url: 'file:///a.js', sha256: SHA },
};

describe('differencesOf', () => {
  test('nothing differs, or only what has no effect on results', () => {
    expect(differencesOf(recorded, recorded)).toEqual([]);
    const current = { ...recorded, options: { ...recorded.options, poolSize: 9, sliceSize: 1 } };
    expect(differencesOf(recorded, current)).toEqual([]);
  });

  test('an option that was added, changed or left out is named with both values', () => {
    const current = { ...recorded, options: { attemptTimeoutMs: 5 } };
    expect(differencesOf(recorded, current)).toEqual([
      "exportName is not given, on record 'default'",
      'attemptTimeoutMs is 5, on record not given',
    ]);
  });

  test('the same code at another place is the same transform', () => {
    const current = { ...recorded, transform: { url: 'file:///b.js', sha256: SHA } };
    expect(differencesOf(recorded, current)).toEqual([]);
  });

  test.each([
    [
      'file:///a.js',
      'fedcba9876543210',
      'the transform file:///a.js has changed (sha256 fedcba987654, on record 0123456789ab)',
    ],
    [
      'file:///b.js',
      '',
      'the transform is file:///b.js, on record file:///a.js (sha256 unknown, on record 0123456789ab)',
    ],
  ])('other code at %s', (url, sha256, difference) => {
    expect(differencesOf(recorded, { ...recorded, transform: { url, sha256 } })).toEqual([difference]);
  });
});
