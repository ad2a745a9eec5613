import { describe, expect, test } from 'vitest';
import { Alarm } from '../src/alarm.ts';
import { FakeClock } from './helpers/fake-clock.ts';

function newAlarm() {
  const clock = new FakeClock();
  const rings: number[] = [];
  const alarm = new Alarm(clock, () => rings.push(clock.now()));
  return { clock, rings, alarm, setFor: (inMs: number) => alarm.setFor(clock.now() + inMs, clock.now()) };
}

describe('Alarm', () => {
  test('setFor: rings once, at the instant it was set for last', async () => {
    const { clock, rings, setFor } = newAlarm();
    const start = clock.now();
    setFor(10);
    setFor(20);
    setFor(20);
    await clock.advance(19);
    expect(rings).toEqual([]);
    await clock.advance(100);
    expect(rings).toEqual([start + 20]);
  });

  test('setFor: Infinity is never, and there is no timer then', async () => {
    const { clock, rings, setFor } = newAlarm();
    setFor(10);
    setFor(Infinity);
    await clock.advance(100);
    expect(rings).toEqual([]);
  });

  test('setFor: the same instant can be set again after it rang', async () => {
    const { clock, rings, alarm } = newAlarm();
    const at = clock.now() + 10;
    alarm.setFor(at, clock.now());
    await clock.advance(10);
    alarm.setFor(at, clock.now());
    await clock.advance(1);
    expect(rings).toHaveLength(2);
  });

  test('ringSoon: rings once in a later turn, however often it is asked to', async () => {
    const { clock, rings, alarm } = newAlarm();
    alarm.ringSoon();
    alarm.ringSoon();
    expect(rings).toEqual([]);
    await clock.advance(0);
    expect(rings).toHaveLength(1);
    alarm.ringSoon();
    await clock.advance(0);
    expect(rings).toHaveLength(2);
  });
});
