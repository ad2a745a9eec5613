/**
 * `npm run soak [-- --minutes n --seed n]`: random batches and streams with random faults on long-lived executors, until the
 * time is over, while the wall clock is set to and fro; after each round the invariants are checked. Ends with figures, and
 * with exit code 1 at the first violation.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { turns } from '../helpers/event-loop.ts';
import { liveProcesses, liveThreads } from '../helpers/live-workers.ts';
import { randomNumbers } from '../helpers/random.ts';
import { Figures } from './figures.ts';
import { checkRound } from './invariants.ts';
import { openSubjects, playRound, type Subject } from './rounds.ts';

/** How long a round may go without any change before it counts as hanging. */
const STANDSTILL_MS = 120_000;
/** How often that is looked at. */
const LOOK_MS = 1_000;
/** How long workers that were ended may take to be gone. */
const END_LIMIT_MS = 10_000;
/** The wall clock is set to and fro by up to so much. */
const MOST_CLOCK_STEP_MS = 86_400_000;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string' } },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new TypeError(`--minutes must be a number above 0: received ${values.minutes}`);
const seed = Number(values.seed ?? randomInt(2 ** 31));
const random = randomNumbers(seed);
console.log(`soak: ${minutes} minutes, --seed ${seed}`);
process.removeAllListeners('warning'); // rows that leave errors behind are part of it
const printed = process.stderr.write.bind(process.stderr);
process.stderr.write = () => true; // and what dying processes print
process.on('exit', () => (process.stderr.write = printed));

const figures = new Figures();
const subjects = openSubjects();
for (const subject of subjects) await play(subject); // what all of them need is there before memory is compared
figures.memoryCounts();
const end = performance.now() + minutes * 60_000;
while (performance.now() < end) await play(subjects[random(subjects.length)] as Subject);
for (const { executor } of subjects) await executor.shutdown();
await turns();
process.stderr.write = printed;
figures.finish({ threads: liveThreads(), processes: liveProcesses() });
console.log(figures.toString());
if (figures.rssGrows) {
  console.error('soak: memory grows with time');
  process.exitCode = 1;
}

async function play(subject: Subject): Promise<void> {
  stepClock();
  const round = await inTime(playRound(subject, random), subject);
  const checks = checkRound(subject, round);
  await checkWorkers();
  figures.add(round, checks + 1);
}

/** As an administrator or a time server does it: rows must not notice. */
function stepClock(): void {
  const stepMs = random(2 * MOST_CLOCK_STEP_MS) - MOST_CLOCK_STEP_MS;
  Date.now = () => Math.floor(performance.timeOrigin + performance.now()) + stepMs;
}

/** Workers that were replaced are gone: there are never more than there may be. */
async function checkWorkers(): Promise<void> {
  const mostOf = (isolation: Subject['isolation']) =>
    subjects.reduce((sum, subject) => sum + (subject.isolation === isolation ? subject.mostWorkers : 0), 0);
  const most = { threads: mostOf('thread'), processes: mostOf('process') };
  const limit = performance.now() + END_LIMIT_MS;
  while (liveThreads() > most.threads || liveProcesses() > most.processes) {
    if (performance.now() > limit) {
      throw new Error(
        `There are ${liveThreads()} threads and ${liveProcesses()} processes, not at most ${most.threads} and ${most.processes}`,
      );
    }
    await turns();
  }
}

async function inTime<Value>(promise: Promise<Value>, { name, executor }: Subject): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const standstill = new Promise<never>((_, reject) => {
    let seen = '';
    let changedAt = performance.now();
    timer = setInterval(() => {
      const { availablePermits, pendingCount } = executor;
      const state = JSON.stringify({ availablePermits, pendingCount, ...executor.getStats() });
      if (state !== seen) [seen, changedAt] = [state, performance.now()];
      else if (performance.now() - changedAt > STANDSTILL_MS) {
        reject(new Error(`A round on '${name}' has not moved for ${STANDSTILL_MS} ms: ${state}`));
      }
    }, LOOK_MS);
  });
  try {
    return await Promise.race([promise, standstill]);
  } finally {
    clearInterval(timer);
  }
}
