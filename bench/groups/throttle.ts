import { PooledExecutor } from '../built-package.ts';
import type { Bench, Goal, Group, Picture, Table } from '../group.ts';
import { summarise, type Summary } from '../summary.ts';
import { CONTENDERS, ours } from '../throttle/contenders.ts';
import { plotSvg, type Curve } from '../throttle/plot.ts';
import type { Contender } from '../throttle/contender.ts';
import type { Scenario } from '../throttle/scenario.ts';
import { OUTAGE, SCENARIOS, STEP } from '../throttle/scenarios.ts';
import { simulateSharing, type Sharing } from '../throttle/sharing.ts';
import type { Simulated, Simulation } from '../throttle/simulation.ts';
import { recordTimeline, type Timeline } from '../throttle/timeline.ts';
import { withRange } from '../format.ts';

const SEEDS = [1, 2, 3, 4, 5];
const QUICK_SEEDS = [1];
const PICTURED_SEED = 1;
/** A quick bench leaves out what takes long: storms of refusals in large pools or for hours. */
const MOST_QUICK_ROWS = 2_900;
const FAIR = 0.98;

const COLORS = ['#c2410c', '#6b7280', '#2563eb', '#15803d'];

interface PicturePlan extends Omit<Picture, 'svg'> {
  readonly scenario: Scenario;
}

const PICTURES: readonly PicturePlan[] = [
  {
    name: 'throttle-step',
    caption: 'The limit falls from 20 to 5 per second at 60 s, and is back at 120 s',
    scenario: STEP,
  },
  { name: 'throttle-outage', caption: 'Nothing is accepted from 20 to 80 s', scenario: OUTAGE },
];

const percent = (value: number): string => `${(100 * value).toFixed(1)}%`;
const share = (value: number): string => value.toFixed(3);
const figure = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 3 });

export const throttle: Group = {
  name: 'throttle',
  title: 'Throttle: services that refuse',
  about:
    'In virtual time, so that it does not matter that all contenders share the threads of one process: the real dispatcher, throttle and in-process engine on a fake clock, against a model of a service (each way 2.5 to ' +
    '10 ms, work log-normal with sigma 0.5). Goodput is the time of a scheduler that knows everything to have 95% of the rows done, ' +
    'divided by the time it took; above 1 by the luck of the draws. Refused is the share of all attempts. Medians over the same seeds for the executor and the packages; the predecessor has the first one alone, ' +
    'and is left out where it would take most of the time to no further purpose. ' +
    'Where a bucket has a burst of 1, the executor has less goodput than both packages: it has ' +
    '4% of the attempts refused instead of the 72% of full jitter, while the rate limiter of the AWS SDK has 2%. ' +
    'p-queue, p-retry and the rate limiter of the AWS SDK run on the same clock.',
  run: async (bench) => {
    const { quick } = bench.settings;
    const seeds = quick ? QUICK_SEEDS : SEEDS;
    const scenarios = SCENARIOS.filter(
      ({ rows, budgetMs }) => !quick || (rows <= MOST_QUICK_ROWS && budgetMs === undefined),
    );
    const simulated = new Outcomes(await simulateAll(scenarios, seeds, bench));
    const sharing = {
      shared: await Promise.all(seeds.map((seed) => simulateSharing(true, seed))),
      separate: await Promise.all(seeds.map((seed) => simulateSharing(false, seed))),
    };
    return {
      repeated: seeds.length === 1 ? '1 seed' : `${seeds.length} seeds`,
      goals: [...scenarios.flatMap((scenario) => goalsOf(scenario, simulated)), fairnessGoal(sharing.shared)],
      tables: [contenderTable(scenarios, simulated, seeds), sharingTable(sharing)],
      figures: {
        seeds,
        scenarios: scenarios.map((scenario) => figuresOf(scenario, simulated)),
        sharedThrottle: sharingFigures(sharing.shared),
        separateThrottles: sharingFigures(sharing.separate),
        simulated: simulated.all,
        sharing,
      },
      pictures: await picturesOf(quick ? PICTURES.slice(0, 1) : PICTURES),
    };
  },
};

/** All runs, as rows of the executor itself: they are CPU work. */
async function simulateAll(
  scenarios: readonly Scenario[],
  seeds: readonly number[],
  { settings, say }: Bench,
): Promise<readonly Simulated[]> {
  const simulations = scenarios.flatMap((scenario) =>
    contendersOf(scenario).flatMap(({ name: contender, seeds: most }) =>
      seeds.slice(0, most).map((seed) => ({ scenario: scenario.name, contender, seed })),
    ),
  );
  await using executor = new PooledExecutor<Simulation, Simulated>({
    transform: new URL('../throttle/simulation.ts', import.meta.url),
    poolSize: settings.threads,
    sliceSize: 1,
  });
  const simulated: Simulated[] = [];
  for await (const { result } of executor.stream(simulations)) {
    if (result.status === 'error') throw new Error(result.error.message, { cause: result.error });
    simulated.push(result.value);
    if (simulated.length % 50 === 0) say(`${simulated.length} of ${simulations.length} simulations`);
  }
  return simulated;
}

class Outcomes {
  readonly all: readonly Simulated[];

  constructor(all: readonly Simulated[]) {
    this.all = all;
  }

  summary(scenario: Scenario, contender: string, measure: (run: Simulated) => number): Summary {
    const runs = this.all.filter((run) => run.scenario === scenario.name && run.contender === contender);
    return summarise(runs.map(measure));
  }
}

function goalsOf(scenario: Scenario, outcomes: Outcomes): Goal[] {
  const { name, goals, checks = [] } = scenario;
  const summary = (measure: (run: Simulated) => number) => outcomes.summary(scenario, ours.name, measure);
  const result: Goal[] = [];
  if (goals.goodput !== undefined) {
    const measured = summary((run) => run.goodput);
    const reached = measured.median >= goals.goodput;
    result.push({
      figure: `${name}: goodput`,
      goal: `≥ ${goals.goodput}`,
      measured: withRange(measured, share),
      reached,
    });
  }
  if (goals.refused !== undefined) {
    result.push(
      atMost(
        `${name}: refused`,
        goals.refused,
        summary((run) => run.refused),
        percent,
      ),
    );
  }
  for (const check of checks) {
    const measured = summary((run) => run.checks[check.name] ?? Infinity);
    const format = check.name.startsWith('refused') ? percent : figure;
    result.push(atMost(`${name}: ${check.name}`, check.atMost, measured, format));
  }
  return result;
}

function atMost(name: string, most: number, measured: Summary, format: (value: number) => string): Goal {
  return {
    figure: name,
    goal: `≤ ${format(most)}`,
    measured: withRange(measured, format),
    reached: measured.median <= most,
  };
}

/** Those that run a scenario: a storm is spared some. */
function contendersOf({ sparesStorms = false }: Scenario): readonly Contender[] {
  return CONTENDERS.filter(({ isStorm = false }) => !(isStorm && sparesStorms));
}

function figuresOf(scenario: Scenario, outcomes: Outcomes): object {
  return {
    name: scenario.name,
    contenders: contendersOf(scenario).map(({ name }) => ({
      name,
      goodput: outcomes.summary(scenario, name, (run) => run.goodput),
      refused: outcomes.summary(scenario, name, (run) => run.refused),
    })),
    checks: (scenario.checks ?? []).map((check) => ({
      name: check.name,
      measured: outcomes.summary(scenario, ours.name, (run) => run.checks[check.name] ?? Infinity),
    })),
  };
}

function sharingFigures(runs: readonly Sharing[]): object {
  return {
    jain: summarise(runs.map(({ jain }) => jain)),
    used: summarise(runs.map(({ used }) => used)),
    refused: summarise(runs.map(({ refused }) => refused)),
  };
}

function contenderTable(scenarios: readonly Scenario[], outcomes: Outcomes, seeds: readonly number[]): Table {
  const fewer = CONTENDERS.flatMap(({ name, seeds: most = Infinity }) =>
    most < seeds.length ? [`; ${name}: ${seeds.slice(0, most).join(', ')} alone`] : [],
  );
  return {
    caption: `Goodput, and the refused share of the attempts, medians; seeds: ${seeds.join(', ')}${fewer.join('')}`,
    columns: ['', ...CONTENDERS.flatMap(({ name }) => [name, 'refused'])],
    lines: scenarios.map((scenario) => [
      scenario.name,
      ...CONTENDERS.flatMap((contender) =>
        contendersOf(scenario).includes(contender)
          ? [
              share(outcomes.summary(scenario, contender.name, (run) => run.goodput).median),
              percent(outcomes.summary(scenario, contender.name, (run) => run.refused).median),
            ]
          : ['left out', ''],
      ),
    ]),
  };
}

function fairnessGoal(shared: readonly Sharing[]): Goal {
  const measured = summarise(shared.map(({ jain }) => jain));
  return {
    figure: 'two executors on one sharedThrottle: Jain index',
    goal: `≥ ${FAIR}`,
    measured: withRange(measured, share),
    reached: measured.median >= FAIR,
  };
}

function sharingTable(sharing: Readonly<Record<'shared' | 'separate', readonly Sharing[]>>): Table {
  const line = (name: string, runs: readonly Sharing[]) => [
    name,
    withRange(summarise(runs.map(({ jain }) => jain)), share),
    withRange(summarise(runs.map(({ used }) => used)), share),
    withRange(summarise(runs.map(({ refused }) => refused)), percent),
  ];
  return {
    caption: 'Two executors of 25 on one bucket of 50/s, burst 50, in the first minute',
    columns: ['', 'Jain index', 'quota used', 'refused'],
    lines: [line('one sharedThrottle', sharing.shared), line('a throttle each', sharing.separate)],
  };
}

async function picturesOf(plans: readonly PicturePlan[]): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const plan of plans) pictures.push(await pictureOf(plan));
  return pictures;
}

async function pictureOf({ name, caption, scenario }: PicturePlan): Promise<Picture> {
  const timelines: { name: string; color: string; timeline: Timeline }[] = [];
  for (const [index, contender] of CONTENDERS.entries()) {
    timelines.push({
      name: contender.name,
      color: COLORS[index] ?? '#000',
      timeline: await recordTimeline(scenario, contender, PICTURED_SEED),
    });
  }
  const curves = (key: 'delayMs' | 'window' | 'accepted'): Curve[] =>
    timelines
      .map((entry) => ({ name: entry.name, color: entry.color, series: entry.timeline[key] }))
      .filter(({ series }) => series.length > 0);
  const endAt = Math.max(...(timelines[0]?.timeline.accepted ?? []).map(([at]) => at));
  const panels = [
    { title: 'delay, ms', curves: curves('delayMs') },
    { title: 'window, rows', curves: curves('window') },
    { title: 'accepted rows/s', curves: curves('accepted') },
  ];
  return { name, caption, svg: plotSvg(`${scenario.name}: ${caption}`, panels, endAt) };
}
