import { expect, test } from 'vitest';
import { Interruption } from '../../src/core/interruption.ts';

test('Interruption: a wait settles as its promise does, or is cut short', async () => {
  const interruption = new Interruption();
  await expect(interruption.race(Promise.resolve(1))).resolves.toBe(1);
  await expect(interruption.race(Promise.reject(new Error('own')))).rejects.toThrow('own');
  const never = Promise.withResolvers<never>().promise;
  const waits = [interruption.race(never), interruption.race(never)];
  const first = new Error('first');
  interruption.interrupt(first);
  interruption.interrupt(new Error('second'));
  for (const wait of [...waits, interruption.race(never)]) await expect(wait).rejects.toBe(first);
});
