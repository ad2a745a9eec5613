import { expect, test } from 'vitest';
import { WaitGroup } from '../../src/engine/wait-group.ts';

test('WaitGroup: all who wait go on when the last work has settled, also work that came later', async () => {
  const group = new WaitGroup();
  await group.whenEmpty();
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const tracked = group.track(first.promise);
  const log: string[] = [];
  const waiting = ['one', 'two'].map((name) => group.whenEmpty().then(() => log.push(name)));
  const failing = group.track(second.promise);
  first.resolve('value');
  expect(await tracked).toBe('value');
  expect([group.size, log]).toEqual([1, []]);
  second.reject(new Error('no'));
  await expect(failing).rejects.toThrow('no');
  await Promise.all(waiting);
  expect([group.size, log]).toEqual([0, ['one', 'two']]);
});
