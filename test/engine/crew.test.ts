import { beforeEach, describe, expect, test } from 'vitest';
import { Crew } from '../../src/engine/crew.ts';
import type { Member } from '../../src/engine/placement.ts';
import { isSettled, turns } from '../helpers/event-loop.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { FakeHost } from '../helpers/fake-host.ts';
import { range } from '../helpers/rows.ts';

const FRUITLESS = { rows: 0, fruitful: false };
const ONE_ROW = { rows: 1, fruitful: true };

describe('Crew', () => {
  let clock: FakeClock;
  let hosts: FakeHost[];

  beforeEach(() => {
    clock = new FakeClock();
    hosts = [];
  });

  function crewOf(size: number, slicesPerHost = 1): Crew {
    return new Crew({
      size,
      slicesPerHost,
      transformUrl: 'file:///transform.ts',
      loadTimeoutMs: 60_000,
      clock,
      startHost: () => {
        const host = new FakeHost(hosts.length + 1);
        hosts.push(host);
        return host;
      },
      load: (host) => host.run({ setup: {} as never }),
    });
  }

  async function startedCrew(size: number, slicesPerHost = 1): Promise<Crew> {
    const crew = crewOf(size, slicesPerHost);
    const started = crew.start();
    await loadAll();
    await started;
    await loadAll();
    return crew;
  }

  /** Every worker that is alive has loaded. */
  async function loadAll(): Promise<void> {
    await turns();
    for (const host of hosts) host.answers[0]?.resolve({ kind: 'ready' });
    await turns();
  }

  function alive(): number[] {
    return hosts.filter(({ hasEnded }) => !hasEnded).map(({ id }) => id);
  }

  function taken(member: Member | undefined): number | undefined {
    return member?.host.id;
  }

  describe('start for fewer slices than there may be workers', () => {
    async function startedFor(slices: number, slicesPerHost = 1): Promise<Crew> {
      const crew = crewOf(4, slicesPerHost);
      const started = crew.start(slices);
      await loadAll();
      await started;
      await loadAll();
      return crew;
    }

    test('a slice that has to wait has the others started at once, once', async () => {
      const crew = await startedFor(1);
      crew.tryTake(false);
      expect(alive()).toEqual([1]);
      crew.tryTake(false);
      const waiting = crew.take(false);
      expect(alive()).toEqual([1, 2, 3, 4]);
      await loadAll();
      expect(taken(await waiting)).toBe(2);
      await clock.advance(20);
      expect(hosts).toHaveLength(4);
    });

    test('so does one that has to share a worker', async () => {
      const crew = await startedFor(1, 2);
      expect([crew.tryTake(false), crew.tryTake(false)].map(taken)).toEqual([1, 1]);
      expect(alive()).toEqual([1, 2, 3, 4]);
    });

    test('workers beyond the slices are not started while the workers of these load', async () => {
      const crew = crewOf(4);
      const started = crew.start(2);
      await turns();
      hosts[0]!.answers[0]!.resolve({ kind: 'ready' });
      await started;
      expect([crew.tryTake(false), crew.tryTake(false)].map(taken)).toEqual([1, undefined]);
      const waiting = crew.take(false);
      expect(alive()).toEqual([1, 2]);
      crew.tryTake(false); // a third: there is none on its way to it
      expect(alive()).toEqual([1, 2, 3, 4]);
      await loadAll();
      expect(taken(await waiting)).toBe(2);
    });

    test('a crew that is dismissed starts none', async () => {
      const crew = await startedFor(1);
      await crew.dismiss();
      expect([crew.tryTake(false), hosts.length, clock.timers]).toEqual([undefined, 1, 0]);
    });
  });

  describe('places', () => {
    test('slices go to the least busy; when all are busy they wait, first come first served', async () => {
      const crew = await startedCrew(2, 2);
      const given = range(4).map(() => crew.tryTake(false));
      expect(given.map(taken)).toEqual([1, 2, 1, 2]);
      expect(crew.tryTake(false)).toBeUndefined();
      const waiting = [crew.take(false), crew.take(false)];
      crew.release(given[1]!, ONE_ROW);
      expect(taken(await waiting[0])).toBe(2);
      expect(await isSettled(waiting[1]!)).toBe(false);
    });

    test('alone: on an idle worker, which gets nothing else until it is done', async () => {
      const crew = await startedCrew(1, 3);
      const alone = crew.tryTake(true)!;
      const waiting = crew.take(false);
      expect(await isSettled(waiting)).toBe(false);
      crew.release(alone, ONE_ROW);
      expect(taken(await waiting)).toBe(1);
    });

    test('alone: a busy worker is kept free of new slices until it is idle', async () => {
      const crew = await startedCrew(1, 3);
      const running = [crew.tryTake(false)!, crew.tryTake(false)!];
      const alone = crew.take(true);
      const behind = crew.take(false);
      crew.release(running[0]!, ONE_ROW);
      expect([await isSettled(alone), await isSettled(behind)]).toEqual([false, false]);
      crew.release(running[1]!, ONE_ROW);
      const member = await alone;
      expect(await isSettled(behind)).toBe(false);
      crew.release(member!, ONE_ROW);
      expect(taken(await behind)).toBe(1);
    });

    test('alone: takes another worker that becomes idle or new first', async () => {
      const crew = await startedCrew(2, 2);
      const first = crew.tryTake(false)!;
      const second = crew.tryTake(false)!;
      const alone = crew.take(true);
      await turns();
      hosts.find(({ id }) => id === second.host.id)?.end(new Error('gone'));
      await turns();
      crew.release(second, FRUITLESS);
      await loadAll();
      expect(taken(await alone)).toBe(3);
      expect(taken(crew.tryTake(false))).toBe(first.host.id); // it is kept free no longer
    });
  });

  describe('replaces', () => {
    test('a worker that ends, at once', async () => {
      const crew = await startedCrew(2);
      hosts[0]?.end(new Error('gone'));
      await turns();
      expect(alive()).toEqual([2, 3]);
      await loadAll();
      expect([crew.tryTake(false), crew.tryTake(false)].map(taken).toSorted()).toEqual([2, 3]);
    });

    test('tries again after 0, 100 and 1,000 ms, then ends with the one clear error', async () => {
      const crew = await startedCrew(1);
      hosts[0]?.end(new Error('gone'));
      await turns();
      const never = crew.take(false);
      const rejected = expect(never).rejects.toThrow('ended meanwhile: EMFILE');
      for (const delayMs of [0, 100, 1_000]) {
        await turns();
        const count = hosts.length;
        hosts.at(-1)?.end(new Error('EMFILE'));
        await turns();
        expect(clock.untilNextMs).toBe(delayMs);
        await clock.advance(delayMs);
        expect(hosts).toHaveLength(count + 1);
      }
      hosts.at(-1)?.end(new Error('EMFILE'));
      await rejected;
      expect(() => crew.tryTake(false)).toThrow('EMFILE');
    });

    test('when one can not be replaced nothing goes on, on the others neither', async () => {
      const crew = await startedCrew(2);
      hosts[1]?.end(new Error('gone'));
      for (const delayMs of [0, 100, 1_000]) {
        await turns();
        hosts.at(-1)?.end(new Error('EMFILE'));
        await turns();
        await clock.advance(delayMs);
      }
      hosts.at(-1)?.end(new Error('EMFILE'));
      await turns();
      expect(alive()).toEqual([1]);
      expect(() => crew.tryTake(false)).toThrow('EMFILE');
      await expect(crew.take(false)).rejects.toThrow('EMFILE');
    });

    test('never endlessly: workers that end before any row gets done', async () => {
      const crew = await startedCrew(1);
      for (let ends = 0; ends < 20; ends++) {
        expect(taken(crew.tryTake(false))).toBe(ends + 1);
        hosts.at(-1)?.end(new Error('again'));
        await loadAll();
      }
      hosts.at(-1)?.end(new Error('again'));
      await turns();
      expect(() => crew.tryTake(false)).toThrow(
        /^Cannot go on as 20 workers ended before any row got done, the last with: again/,
      );
      expect(alive()).toEqual([]);
    });

    test('for ever where rows get done', async () => {
      const crew = await startedCrew(1);
      for (let ends = 0; ends < 50; ends++) {
        crew.release(crew.tryTake(false)!, ONE_ROW);
        hosts.at(-1)?.end(new Error('again'));
        await loadAll();
      }
      expect(crew.tryTake(false)).toBeDefined();
    });

    test('retire: no further slice; its successor is started at once, and it ends when it is idle', async () => {
      const crew = await startedCrew(1, 2);
      const member = crew.tryTake(false)!;
      crew.retire(member);
      crew.retire(member);
      expect(crew.tryTake(false)).toBeUndefined();
      expect(alive()).toEqual([1, 2]);
      await loadAll();
      expect(taken(crew.tryTake(false))).toBe(2);
      crew.release(member, ONE_ROW);
      expect(alive()).toEqual([2]);
    });

    test('retire: one that ran no row is replaced a second later, so that a broken module does not keep it busy', async () => {
      const crew = await startedCrew(1);
      crew.retire(crew.memberOf(hosts[0]!)!);
      await clock.advance(999);
      expect(alive()).toEqual([]);
      await clock.advance(1);
      await loadAll();
      expect(taken(crew.tryTake(false))).toBe(2);
    });

    test('retire: one that is idle, and has run rows, is replaced at once', async () => {
      const crew = await startedCrew(1);
      const member = crew.tryTake(false)!;
      crew.release(member, ONE_ROW);
      crew.retire(member);
      expect(alive()).toEqual([2]);
      await loadAll();
      expect(taken(crew.tryTake(false))).toBe(2);
    });

    test('retire: one that is still starting has failed to start', async () => {
      const crew = crewOf(1);
      const started = expect(crew.start()).rejects.toThrow('its worker ended meanwhile');
      crew.retire(crew.memberOf(hosts[0]!)!);
      await started;
      expect([alive(), clock.timers]).toEqual([[], 0]);
    });

    test('retire: it is not replaced when the crew is dismissed meanwhile', async () => {
      const crew = await startedCrew(1);
      crew.retire(crew.memberOf(hosts[0]!)!);
      await crew.dismiss();
      expect([hosts.length, clock.timers]).toEqual([1, 0]);
    });

    test('all of a large crew, lost at one blow', async () => {
      const crew = await startedCrew(30);
      for (const host of hosts.slice(0, 30)) host.end(new Error('killed'));
      await loadAll();
      expect(alive()).toEqual(range(30).map((index) => index + 31));
      expect(taken(crew.tryTake(false))).toBe(31);
    });

    test('recycle: it goes on until its successor is ready, then ends; one at a time', async () => {
      const crew = await startedCrew(2);
      const [first, second] = [crew.tryTake(false)!, crew.tryTake(false)!];
      crew.recycle(first);
      crew.recycle(second);
      crew.release(first, ONE_ROW);
      await turns();
      expect(alive()).toEqual([1, 2, 3]);
      expect(taken(crew.tryTake(false))).toBe(1);
      await loadAll();
      expect(taken(crew.tryTake(false))).toBe(3);
      crew.release(first, ONE_ROW);
      expect(alive()).toEqual([2, 3]);
    });

    test('recycle: where the successor can not be started the worker stays', async () => {
      const crew = await startedCrew(1);
      const member = crew.tryTake(false)!;
      crew.release(member, ONE_ROW);
      crew.recycle(member);
      hosts[1]?.end(new Error('EMFILE'));
      await turns();
      expect(taken(crew.tryTake(false))).toBe(1);
      await clock.advance(0);
    });

    test.each<[string, (crew: Crew, member: Member) => void]>([
      ['ends', () => hosts[0]?.end(new Error('crash'))],
      ['is retired', (crew, member) => crew.retire(member)],
    ])('recycle: a worker that %s meanwhile has one successor, not two', async (_, go) => {
      const crew = await startedCrew(1);
      const member = crew.tryTake(false)!;
      crew.release(member, ONE_ROW);
      crew.recycle(member);
      await turns();
      go(crew, member);
      await loadAll();
      expect(alive()).toEqual([2]);
      expect(taken(crew.tryTake(false))).toBe(2);
    });

    test('recycle: a worker that ends meanwhile is replaced all the same when its successor can not be started', async () => {
      const crew = await startedCrew(1);
      const member = crew.tryTake(false)!;
      crew.release(member, ONE_ROW);
      crew.recycle(member);
      await turns();
      hosts[0]?.end(new Error('crash'));
      await turns();
      hosts[1]?.end(new Error('EMFILE'));
      await clock.advance(0);
      await loadAll();
      expect(alive()).toEqual([3]);
      expect(taken(crew.tryTake(false))).toBe(3);
    });
  });

  describe('dismiss', () => {
    test('ends all, and those who wait get nothing', async () => {
      const crew = await startedCrew(2);
      crew.tryTake(false);
      crew.tryTake(false);
      const waiting = crew.take(false);
      await crew.dismiss();
      expect(await waiting).toBeUndefined();
      expect(alive()).toEqual([]);
      expect(clock.timers).toBe(0);
    });

    test('a worker that is loading may get through it, for 5 s', async () => {
      const crew = crewOf(1);
      const started = crew.start();
      const rejected = expect(started).rejects.toThrow('ended meanwhile');
      const dismissed = crew.dismiss();
      await clock.advance(4_999);
      expect([alive(), await isSettled(dismissed)]).toEqual([[1], false]);
      await clock.advance(1);
      await dismissed;
      await rejected;
      expect(alive()).toEqual([]);
    });
  });
});
