import { describe, expect, test } from 'vitest';
import { verificationText } from '../../src/cli/verification-text.ts';
import type { Verification } from '../../src/index.ts';

const whole: Verification = {
  runId: 'r',
  ok: true,
  stopped: false,
  chain: { intact: true, records: 1_234, headHash: 'abc', problems: [] },
  checked: { batches: 1, rows: 2, attempts: 3, calls: 0, entries: 2 },
  findings: [],
  findingCount: 0,
};

const NONE = { files: [], rejectsLeftOut: false };

describe('verificationText', () => {
  test('rejects that the run has and that were not given', () => {
    const text = verificationText(whole, { files: ['out.csv'], rejectsLeftOut: true });
    expect(text).toContain('  rejects   not compared: name the file of the failed rows with --rejects\n');
  });

  test('a run without findings, and no output to compare', () => {
    expect(verificationText(whole, NONE).split('\n')).toEqual([
      'Run r',
      '  chain     1,234 records, head abc',
      '  rows      2, each to have exactly one terminal entry that counts, of 2 entries',
      '  attempts  3, to be numbered without gaps, in 1 batch',
      '  calls     0 records, to have indices of their own',
      '  output    not compared: no output was given',
      '',
      'Verified: everything is as it must be.',
      '',
    ]);
  });

  test.each([
    [true, /^Verified so far: /],
    [false, /^NOT verified: /],
  ])('a run that was stopped is said to be; ok: %s', (ok, verdict) => {
    const [said, last] = verificationText({ ...whole, ok, stopped: true }, NONE)
      .split('\n')
      .slice(-3);
    expect(said).toBe(
      'The run was stopped before all of its input was done: --resume continues it, if it is the last one.',
    );
    expect(last).toMatch(verdict);
  });

  test('several batches, and an output that was compared', () => {
    const checked = { ...whole.checked, batches: 2, results: 2 };
    const files = ['out.csv', 'bad.ndjson'];
    const text = verificationText({ ...whole, checked }, { files, rejectsLeftOut: false });
    expect(text).toContain('without gaps, in 2 batches\n');
    expect(text).toContain('  output    2 results compared with out.csv and bad.ndjson, line by line\n');
  });

  test.each([
    [25, 25, undefined],
    [26, 26, 'PROBLEM  and 1 more\n'],
    [100, 1_100, 'PROBLEM  and 1,075 more\n'],
  ])('of %d findings listed and %d in all it shows 25 and tells the rest', (listed, all, more) => {
    const findings = Array.from(
      { length: listed },
      (_, n) => ({ about: 'row', message: `no. ${n}` }) as const,
    );
    const text = verificationText({ ...whole, ok: false, findings, findingCount: all }, NONE);
    expect(text.match(/^PROBLEM {2}no\. \d+$/gm)).toHaveLength(25);
    if (more === undefined) expect(text).not.toContain('more');
    else expect(text).toContain(more);
    expect(text).toMatch(/\nNOT verified: [\d,]+ problems found\.\n$/);
  });
});
