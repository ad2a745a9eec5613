import { describe, expect, test } from 'vitest';
import { OwnWays } from '../../src/engine/own-ways.ts';
import { range } from '../helpers/rows.ts';

describe('OwnWays', () => {
  test('a change is accepted when rows on three workers have made it, and that is news once', () => {
    const ways = new OwnWays(2);
    expect(ways.judge(1, ['a'])).toEqual({ kind: 'replace' });
    expect(ways.judge(1, ['a'])).toEqual({ kind: 'replace' }); // told twice by the same worker
    expect(ways.judge(2, ['a'])).toEqual({ kind: 'replace' });
    expect(ways.judge(3, ['a'])).toEqual({ kind: 'accept', isNews: true });
    expect(ways.judge(4, ['a'])).toEqual({ kind: 'accept', isNews: false });
  });

  test('all changes of a worker must be accepted for it to go on', () => {
    const ways = new OwnWays(2);
    for (const worker of [1, 2, 3]) ways.judge(worker, ['a']);
    expect(ways.judge(4, ['a', 'b'])).toEqual({ kind: 'replace' });
    expect(ways.judge(5, ['b'])).toEqual({ kind: 'replace' });
    expect(ways.judge(6, ['a', 'b'])).toEqual({ kind: 'accept', isNews: true });
  });

  test.each([
    [2, 20],
    [32, 64],
  ])('of %i workers no more than %i are replaced, whatever rows do', (workers, most) => {
    const ways = new OwnWays(workers);
    const kinds = range(most + 2).map((worker) => ways.judge(worker, [`x${worker}`]));
    expect(kinds.slice(0, most)).toEqual(range(most).map(() => ({ kind: 'replace' })));
    expect(kinds.slice(most)).toEqual([
      { kind: 'give up', isNews: true, replaced: most },
      { kind: 'give up', isNews: false, replaced: most },
    ]);
  });
});
