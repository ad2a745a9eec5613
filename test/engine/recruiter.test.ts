import { beforeEach, describe, expect, test } from 'vitest';
import { WorkerStartError } from '../../src/engine/engine.ts';
import type { Member } from '../../src/engine/placement.ts';
import { Recruiter } from '../../src/engine/recruiter.ts';
import { isSettled, turns } from '../helpers/event-loop.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { FakeHost } from '../helpers/fake-host.ts';

describe('Recruiter', () => {
  let clock: FakeClock;
  let hosts: FakeHost[];
  let members: Member[];
  /** Why the next workers can't be started. */
  let failures: Error[];
  let told: unknown[];

  beforeEach(() => {
    clock = new FakeClock();
    hosts = [];
    members = [];
    failures = [];
    told = [];
  });

  function recruiterOf(size: number): Recruiter {
    const options = {
      size,
      transformUrl: 'file:///transform.ts',
      loadTimeoutMs: 60_000,
      clock,
      load: (host: Member['host']) => host.run({ setup: {} as never }),
    };
    return new Recruiter(options, {
      enlist: () => {
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        const host = new FakeHost(hosts.length + 1);
        const member: Member = { host, state: 'starting', slices: 0, reserved: false, rows: 0 };
        hosts.push(host);
        members.push(member);
        return member;
      },
      onReady: () => told.push('ready'),
      onFatal: (error) => told.push(error),
    });
  }

  async function started(size: number, slices: number): Promise<Recruiter> {
    const recruiter = recruiterOf(size);
    const start = recruiter.start(slices);
    await loadAll();
    await start;
    await loadAll();
    return recruiter;
  }

  /** Every worker that is alive has loaded. */
  async function loadAll(): Promise<void> {
    await turns();
    for (const host of hosts) host.answers[0]?.resolve({ kind: 'ready' });
    await turns();
  }

  /** The newest worker ends while it loads. */
  async function endNewest(): Promise<void> {
    hosts.at(-1)!.end(new Error('Worker initialization failure: EMFILE'));
    await turns();
  }

  function alive(): number[] {
    return hosts.filter(({ hasEnded }) => !hasEnded).map(({ id }) => id);
  }

  function ready(): number[] {
    return members.filter(({ state }) => state === 'ready').map(({ host }) => host.id);
  }

  describe('start', () => {
    test('one loads the transform first; a module that fails fails once, and at once', async () => {
      const start = recruiterOf(3).start(3);
      await turns();
      expect(hosts.map(({ tasks }) => tasks.length)).toEqual([1, 0, 0]);
      hosts[0]!.answers[0]!.resolve({ kind: 'load-failed', message: 'Cannot load it', cause: 'why' });
      await expect(start).rejects.toMatchObject({ message: 'Cannot load it', cause: 'why' });
      expect([alive(), clock.timers, told]).toEqual([[], 0, []]);
    });

    test('a worker that ends while it loads first is an error that says so', async () => {
      const start = recruiterOf(1).start(1);
      await turns();
      hosts[0]!.end(new Error('exit 3'));
      await expect(start).rejects.toThrow(
        'Cannot load transform file:///transform.ts: its worker ended meanwhile: exit 3',
      );
    });

    test('a load that never ends is ended', async () => {
      const start = recruiterOf(1).start(1);
      const settled = expect(start).rejects.toThrow(
        'Cannot load transform file:///transform.ts: it had not finished loading after loadTimeoutMs (60000 ms)',
      );
      await clock.advance(59_999);
      expect(await isSettled(start)).toBe(false);
      await clock.advance(1);
      await settled;
    });

    test('one that fails for lack of something leaves nothing behind, and can be tried again for more', async () => {
      const recruiter = recruiterOf(3);
      const failed = expect(recruiter.start(2)).rejects.toThrow(WorkerStartError);
      await turns();
      hosts[0]!.end(new Error('Worker initialization failure: EMFILE'));
      await failed;
      expect(alive()).toEqual([]);
      const start = recruiter.start(3);
      await loadAll();
      await start;
      await loadAll();
      expect([alive(), ready(), clock.timers]).toEqual([[3, 4, 5], [3, 4, 5], 0]);
    });

    test('only so many workers as slices, the others when some time has passed', async () => {
      await started(4, 2);
      expect([alive(), ready()]).toEqual([
        [1, 2],
        [1, 2],
      ]);
      await clock.advance(20);
      expect(alive()).toEqual([1, 2, 3, 4]);
      await loadAll();
      expect([ready(), told]).toEqual([[1, 2, 3, 4], Array(4).fill('ready')]);
    });

    test('one for none', async () => {
      await started(4, 0);
      expect(alive()).toEqual([1]);
    });

    test('as many as wait by the time that the first is ready; they load when it is', async () => {
      const recruiter = recruiterOf(4);
      const start = recruiter.start(1);
      for (const slices of [3, 2]) recruiter.expectSlices(slices);
      await turns();
      expect(hosts.map(({ tasks }) => tasks.length)).toEqual([1, 0, 0]);
      await loadAll();
      await start;
      expect(hosts.map(({ tasks }) => tasks.length)).toEqual([1, 1, 1]);
      recruiter.expectSlices(4);
      expect(alive()).toEqual([1, 2, 3]);
    });

    test('one that can not be started meanwhile is tried again', async () => {
      const recruiter = recruiterOf(3);
      const start = recruiter.start(1);
      failures.push(new Error('Worker initialization failure: EAGAIN'));
      recruiter.expectSlices(3);
      expect(alive()).toEqual([1]);
      await loadAll();
      await start;
      await clock.advance(20);
      await loadAll();
      expect(ready()).toEqual([1, 2, 3]);
    });

    test('one that ends while it loads beside the first is started again', async () => {
      const recruiter = recruiterOf(2);
      const start = recruiter.start(2);
      await turns();
      hosts[0]!.answers[0]!.resolve({ kind: 'ready' });
      await start;
      await endNewest();
      await clock.advance(0);
      expect(alive()).toEqual([1, 3]);
    });
  });

  test('startSpare: those that are left start at once, once', async () => {
    const recruiter = await started(4, 1);
    recruiter.startSpare();
    recruiter.startSpare();
    expect(alive()).toEqual([1, 2, 3, 4]);
    await clock.advance(20);
    expect(hosts).toHaveLength(4);
  });

  describe('replace', () => {
    test('tries again after 0, 100 and 1,000 ms, then gives up with what was wrong', async () => {
      const recruiter = await started(1, 1);
      recruiter.replace();
      for (const delayMs of [0, 100, 1_000]) {
        await endNewest();
        expect(clock.untilNextMs).toBe(delayMs);
        await clock.advance(delayMs);
      }
      expect([hosts.length, told]).toEqual([5, ['ready']]);
      await endNewest();
      expect(told).toEqual([
        'ready',
        expect.objectContaining({ message: expect.stringMatching('EMFILE') as string }),
      ]);
      expect(clock.timers).toBe(0);
    });

    test('after a start that has succeeded there are as many tries again', async () => {
      const recruiter = await started(1, 1);
      for (let start = 0; start < 3; start++) {
        recruiter.replace();
        for (const delayMs of [0, 100, 1_000]) {
          await endNewest();
          await clock.advance(delayMs);
        }
        await loadAll();
      }
      expect(told).toEqual(Array(4).fill('ready'));
    });

    test('later, when it is told to', async () => {
      const recruiter = await started(1, 1);
      recruiter.replace(1_000);
      await clock.advance(999);
      expect(hosts).toHaveLength(1);
      await clock.advance(1);
      expect(hosts).toHaveLength(2);
    });
  });

  describe('close', () => {
    test('no spare worker, no replacement and no further try is started', async () => {
      const recruiter = await started(3, 1);
      recruiter.replace(1_000);
      recruiter.replace();
      await endNewest();
      expect(recruiter.close()).toBeUndefined();
      recruiter.startSpare();
      await clock.advance(1_000);
      expect([hosts.length, clock.timers]).toEqual([2, 0]);
    });

    test('while the first loads: those that wait for it do not load', async () => {
      const recruiter = recruiterOf(4);
      const start = recruiter.start(2);
      const closed = recruiter.close();
      await loadAll();
      await Promise.all([start, closed]);
      await clock.advance(20);
      expect([hosts.map(({ tasks }) => tasks.length), clock.timers]).toEqual([[1, 0], 0]);
    });

    test('a worker that is loading may get through it, for 5 s', async () => {
      const recruiter = recruiterOf(1);
      void recruiter.start(1);
      const closed = recruiter.close()!;
      await clock.advance(4_999);
      expect([alive(), await isSettled(closed)]).toEqual([[1], false]);
      await clock.advance(1);
      expect(await isSettled(closed)).toBe(true);
      await loadAll();
    });

    test('what fails to start then is of no interest', async () => {
      const recruiter = await started(1, 1);
      recruiter.replace();
      const closed = recruiter.close();
      await endNewest();
      await closed;
      expect([told, clock.timers]).toEqual([['ready'], 0]);
    });
  });
});
