import { describe, expect } from 'vitest';
import { numbers, test, toLines, transform } from '../helpers/cli.ts';

describe('pooled-executor run', () => {
  test('stdin to stdout, each with and without its dash', async ({ folder }) => {
    for (const args of [[], ['-'], ['-', '-o', '-'], ['-o', '-']]) {
      const { code, stdout } = await folder.run(
        ['run', transform('cli-cases.mjs'), ...args],
        toLines(numbers(100).map(({ n }) => ({ case: 'value', value: { n } }))),
      );
      expect({ code, stdout }).toEqual({ code: 0, stdout: toLines(numbers(100)) });
    }
  });

  test('a line of 64 MB', async ({ folder }) => {
    const value = 'é'.repeat(32 * 1024 * 1024);
    folder.write('in.ndjson', `{"case":"value","value":1}\n${JSON.stringify({ case: 'value', value })}\n`);
    const { code } = await folder.run(['run', transform('cli-cases.mjs'), 'in.ndjson', '-o', 'out.ndjson']);
    expect(code).toBe(0);
    expect(folder.read('out.ndjson') === `1\n"${value}"\n`).toBe(true);
  });
});
