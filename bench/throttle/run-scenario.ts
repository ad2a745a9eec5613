import type { Throttle } from '../../src/core/throttle/throttle.ts';
import type { Contender } from './contender.ts';
import { Dice } from './dice.ts';
import { instantOfShare } from './figures.ts';
import { idealInstant } from './ideal.ts';
import type { Run, Scenario } from './scenario.ts';
import { Service } from './service.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Runs a scenario in virtual time; the same seed gives the same run. */
export async function runScenario(
  scenario: Scenario,
  contender: Contender,
  seed: number,
  watch?: (throttle: Throttle, clock: VirtualClock) => void,
): Promise<Run> {
  const { rows, workMs, makeLimit } = scenario;
  const clock = new VirtualClock();
  const service = new Service(clock, new Dice(seed), makeLimit(new Dice(seed + 1)), workMs);
  const failed = await contender.run({
    scenario,
    clock,
    service,
    seed,
    watch: watch && ((throttle) => watch(throttle, clock)),
  });
  const { attempts } = service;
  const ends = attempts.filter(({ accepted }) => accepted).map(({ endedAt }) => endedAt);
  return {
    scenario,
    attempts,
    failed,
    doneAt: instantOfShare(ends, rows),
    idealAt: idealInstant(scenario, seed),
  };
}
