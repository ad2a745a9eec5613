import { expect, test } from 'vitest';
import { CommitPacer } from '../../src/audit/commit-pacer.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

function makePacer(saturated: boolean) {
  const clock = new FakeClock();
  const state = { saturated };
  return { clock, state, pacer: new CommitPacer(clock, () => state.saturated) };
}

test('CommitPacer: the first append does not wait, nor any while a permit is free', async () => {
  const { clock, state, pacer } = makePacer(true);
  await pacer.pause();
  state.saturated = false;
  await pacer.pause();
  await pacer.pause();
  expect(clock.now()).toBe(0);
});

test('CommitPacer: while all permits are in use there are 20 ms between two appends', async () => {
  const { clock, pacer } = makePacer(true);
  await pacer.pause();
  const paused = pacer.pause().then(() => clock.now());
  await clock.advance(19);
  await expect(Promise.race([paused, Promise.resolve('waits')])).resolves.toBe('waits');
  await clock.advance(1);
  expect(await paused).toBe(20);
});

test('CommitPacer: a permit that becomes free ends the wait within 2 ms', async () => {
  const { clock, state, pacer } = makePacer(true);
  await pacer.pause();
  const paused = pacer.pause().then(() => clock.now());
  await clock.advance(7);
  state.saturated = false;
  await clock.advance(1);
  expect(await paused).toBe(8);
});
