import { describe, expect } from 'vitest';
import { workerUrl } from '../helpers/engines.ts';
import { test } from '../helpers/executor-fixture.ts';

const BYTES = 200 * 2 ** 20;

describe.each(['thread', 'process'] as const)('one row of 200 MB, %s isolation', (isolation) => {
  test.for<[name: string, makeHeavy: () => string | Uint8Array]>([
    ['text', () => 'x'.repeat(BYTES)],
    ['bytes', () => new Uint8Array(BYTES).fill(7)],
  ])('%s: comes back whole, and so do its neighbours', async ([, makeHeavy], { createExecutor }) => {
    const heavy = makeHeavy();
    const executor = createExecutor<unknown, unknown>({
      transform: workerUrl('echo-transform.ts'),
      poolSize: 2,
      isolation,
    });
    const results = await executor.map([1, heavy, 2]);
    const [first, output, last] = results.map((result) =>
      result.status === 'success' ? result.value : result,
    );
    expect([first, last]).toEqual([1, 2]);
    expect(isSame(output, heavy)).toBe(true); // toEqual would print them
  });
});

function isSame(output: unknown, heavy: string | Uint8Array): boolean {
  return typeof heavy === 'string' || !(output instanceof Uint8Array)
    ? output === heavy
    : Buffer.compare(output, heavy) === 0;
}
