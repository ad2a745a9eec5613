import { expect, test } from 'vitest';
import { CommitPacer } from '../../src/audit/commit-pacer.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

function makePacer(saturated: boolean) {
  const clock = new FakeClock();
  const state = { saturated };
  const pacer = new CommitPacer(clock, () => state.saturated);
  return { clock, state, pacer };
}

const isPending = async (paused: Promise<unknown>) =>
  (await Promise.race([paused, Promise.resolve('pending')])) === 'pending';

test('CommitPacer: the first append does not wait, nor any while a permit is free', async () => {
  const { clock, state, pacer } = makePacer(true);
  await pacer.pause();
  state.saturated = false;
  await pacer.pause();
  await pacer.pause();
  expect(clock.now()).toBe(0);
});

test.each([
  { tookMs: 0, beginsAt: 20 },
  { tookMs: 0.5, beginsAt: 20 },
  { tookMs: 2, beginsAt: 50 },
  { tookMs: 4, beginsAt: 100 },
  { tookMs: 60, beginsAt: 100 },
])(
  'CommitPacer: while all permits are in use, an append begins $beginsAt ms after one that took $tookMs ms began',
  async ({ tookMs, beginsAt }) => {
    const { clock, pacer } = makePacer(true);
    await pacer.pause();
    await clock.advance(tookMs);
    pacer.onAppended();
    const paused = pacer.pause().then(() => clock.now());
    await clock.advance(beginsAt - tookMs - 1);
    expect(await isPending(paused)).toBe(true);
    await clock.advance(1);
    expect(await paused).toBe(beginsAt);
  },
);

test('CommitPacer: an append that took longer than its interval is followed at once', async () => {
  const { clock, pacer } = makePacer(true);
  await pacer.pause();
  await clock.advance(101);
  pacer.onAppended();
  await pacer.pause();
  expect(clock.now()).toBe(101);
});

test('CommitPacer: a permit that becomes free ends the pause, and leaves no timer', async () => {
  const { clock, state, pacer } = makePacer(true);
  await pacer.pause();
  const paused = pacer.pause().then(() => clock.now());
  await clock.advance(7);
  state.saturated = false;
  pacer.onPermitFree();
  expect(await paused).toBe(7);
  expect(clock.timers).toBe(0);
  pacer.onPermitFree(); // nothing is under way any more
});

test('CommitPacer: hurry ends the pause under way, or makes the next one none, and no more than that', async () => {
  const { clock, pacer } = makePacer(true);
  await pacer.pause();
  const paused = pacer.pause();
  await clock.advance(3);
  pacer.hurry();
  await paused;
  pacer.hurry();
  await pacer.pause();
  expect([clock.now(), clock.timers]).toEqual([3, 0]);
  expect(await isPending(pacer.pause())).toBe(true);
  await clock.advance(20);
});
