import { describe, expect } from 'vitest';
import { userStack } from '../../src/core/user-stack.ts';
import { workerUrl } from '../helpers/engines.ts';
import { test } from '../helpers/executor-fixture.ts';
import { contextsOf, errorOf, range } from '../helpers/rows.ts';
import type { ThrowingRow } from '../workers/throwing-transform.ts';

const own = (path: string) => new URL(`../../${path}`, import.meta.url).href;

describe('userStack', () => {
  test('leaves the frames of the user, without what calls the transform and what Node puts between', () => {
    const stack = [
      'RangeError: bad',
      '  in two lines',
      '    at inner (file:///home/user/score.ts:3:9)',
      '    at JSON.parse (<anonymous>)',
      `    at AttemptContext.call (${own('src/engine/attempt-context.ts')}:60:20)`,
      '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
      '    at async score (/home/user/score.cjs:9:1)',
      `    at async runSlice (${own('src/engine/slice-runner.ts')}:140:20)`,
      '    at async file:///home/user/node_modules/piscina/dist/worker.js:9:1',
    ];
    expect(userStack(stack.join('\n'))).toBe([...stack.slice(0, 4), stack[6]].join('\n'));
  });

  test('the command line comes between the two', () => {
    const called = `    at lineTransform (${own('workers/line-transform.ts')}:60:20)`;
    expect(userStack(`Error: bad\n    at score (/s.js:1:1)\n${called}`)).toBe(
      'Error: bad\n    at score (/s.js:1:1)',
    );
  });

  test('functions of the user may be called as those that call them', () => {
    const stack = [
      'Error: bad',
      '    at runSlice (/home/user/score.js:3:9)',
      '    at Object.lineTransform [as default] (/home/user/score.js:9:1)',
    ];
    const called = `    at Object.lineTransform [as transform] (${own('src/chunks/chunk-1.js')}:60:20)`;
    expect(userStack([...stack, called, '    at below (/s.js:1:1)'].join('\n'))).toBe(stack.join('\n'));
  });

  test('a message may name files of this package', () => {
    const stack = `Error: ${own('src/engine/slice-runner.ts')}\n    at score (/s.js:1:1)`;
    expect(userStack(stack)).toBe(stack);
  });

  test.each(['', 'Error: no frames', 'Error: of one line\n    at score (/s.js:1:1)'])(
    'leaves %j',
    (stack) => {
      expect(userStack(stack)).toBe(stack);
    },
  );
});

test.for([
  ['in slices', { poolSize: 1, sliceSize: 5 }],
  ['one by one', { poolSize: 2, sliceSize: 1 }],
  ['on a shared thread', { poolSize: 3, threads: 1 }],
  ['in a process', { poolSize: 1, isolation: 'process' }],
] as const)(
  'a row that fails has the same stack %s as elsewhere',
  async ([, options], { createExecutor }) => {
    const executor = createExecutor<ThrowingRow, unknown>({
      transform: workerUrl('throwing-transform.ts'),
      ...options,
    });
    const { entries } = await executor.executeBatch(
      contextsOf(range(10).map(() => ({ throws: 'TypeError' }))),
    );
    const stacks = new Set(entries.map((entry) => errorOf(entry).error.stack));
    expect(stacks.size).toBe(1);
    const [stack = ''] = stacks;
    expect(stack).toMatch(/^TypeError: bad type\n(\s+at .*throwing-transform\.ts:\d+:\d+\)?\n?)+$/);
  },
);
