import { describe, expect } from 'vitest';
import { test, transform } from '../helpers/cli.ts';

describe('pooled-executor run', () => {
  test('a line of 64 MB', async ({ folder }) => {
    const value = 'é'.repeat(32 * 1024 * 1024);
    folder.write('in.ndjson', `{"case":"value","value":1}\n${JSON.stringify({ case: 'value', value })}\n`);
    const { code } = await folder.run(['run', transform('cli-cases.mjs'), 'in.ndjson', '-o', 'out.ndjson']);
    expect(code).toBe(0);
    expect(folder.read('out.ndjson') === `1\n"${value}"\n`).toBe(true);
  });
});
