import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EntryQueue } from '../src/entry-queue.ts';
import { EntryRun } from '../src/entry-run.ts';
import type { Entry } from '../src/index.ts';
import { range } from './helpers/rows.ts';

/** Only that they can be told apart matters. */
const entryOf = (submitIndex: number) => ({ submitIndex }) as Entry<unknown>;

const action = fc.oneof(
  fc.record({ kind: fc.constant('push' as const), count: fc.nat(4) }),
  fc.record({ kind: fc.constant('take' as const), count: fc.nat(6) }),
  fc.record({ kind: fc.constant('shift' as const) }),
  fc.record({ kind: fc.constant('clear' as const) }),
);

test('EntryQueue: is a list of entries, however they come and go', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const queue = new EntryQueue();
      let expected: number[] = [];
      let next = 0;
      for (const act of actions) {
        switch (act.kind) {
          case 'push': {
            const indices = range(act.count).map(() => next++);
            queue.push(EntryRun.of(indices.map(entryOf)));
            expected.push(...indices);
            break;
          }
          case 'take': {
            const runs = queue.take(act.count);
            expect(runs.every(({ size }) => size > 0)).toBe(true);
            const taken = runs.flatMap((run) => Array.from(run, ({ submitIndex }) => submitIndex));
            expect(taken).toEqual(expected.splice(0, act.count));
            break;
          }
          case 'shift':
            expect(queue.shift()?.submitIndex).toBe(expected.shift());
            break;
          case 'clear':
            queue.clear();
            expected = [];
        }
        expect(queue.size).toBe(expected.length);
      }
    }),
  );
});
