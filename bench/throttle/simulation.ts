import { CONTENDERS } from './contenders.ts';
import { goodput, refusedShare } from './figures.ts';
import { runScenario } from './run-scenario.ts';
import { SCENARIOS } from './scenarios.ts';

Error.stackTraceLimit = 0; // refusals are thrown by the hundred thousand

/** Which run: by name, so that it can be sent to a worker. */
export interface Simulation {
  readonly scenario: string;
  readonly contender: string;
  readonly seed: number;
}

/** What came of it. */
export interface Simulated extends Simulation {
  readonly goodput: number;
  /** As a share of all attempts. */
  readonly refused: number;
  readonly attempts: number;
  readonly failed: number;
  /** The scenario's further figures, by name. */
  readonly checks: Readonly<Record<string, number>>;
}

/** Runs in a worker of the executor under test: one simulation after another. */
export default async function simulate(simulation: Simulation): Promise<Simulated> {
  const scenario = SCENARIOS.find(({ name }) => name === simulation.scenario);
  const contender = CONTENDERS.find(({ name }) => name === simulation.contender);
  if (scenario === undefined || contender === undefined) {
    throw new Error(
      `Cannot simulate '${simulation.contender}' in '${simulation.scenario}' as one is not known`,
    );
  }
  const run = await runScenario(scenario, contender, simulation.seed);
  return {
    ...simulation,
    goodput: goodput(run),
    refused: refusedShare(run.attempts),
    attempts: run.attempts.length,
    failed: run.failed,
    checks: Object.fromEntries((scenario.checks ?? []).map(({ name, measure }) => [name, measure(run)])),
  };
}
