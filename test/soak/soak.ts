/**
 * `npm run soak [-- --minutes n --seed n]`: random batches and streams with random faults on long-lived executors, until the
 * time is over; after each round the invariants are checked. Ends with figures, and with exit code 1 at the first violation.
 */
import { parseArgs } from 'node:util';
import { randomInt } from 'node:crypto';
import { randomNumbers } from '../helpers/random.ts';
import { turns } from '../helpers/event-loop.ts';
import { Figures } from './figures.ts';
import { checkRound } from './invariants.ts';
import { openSubjects, playRound, type Subject } from './rounds.ts';

/** How long one round may take before it counts as hanging. */
const ROUND_LIMIT_MS = 120_000;

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
const end = performance.now() + minutes * 60_000;
while (performance.now() < end) {
  const subject = subjects[random(subjects.length)] as Subject;
  const round = await inTime(playRound(subject, random), subject);
  figures.add(round, checkRound(subject, round));
}
for (const { executor } of subjects) await executor.shutdown();
await turns();
process.stderr.write = printed;
figures.finish();
console.log(figures.toString());
if (figures.rssGrows) {
  console.error('soak: memory grows with time');
  process.exitCode = 1;
}

async function inTime<Value>(promise: Promise<Value>, { name, executor }: Subject): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const { availablePermits, pendingCount } = executor;
      const state = JSON.stringify({ availablePermits, pendingCount, ...executor.getStats() });
      reject(new Error(`A round on '${name}' has not ended after ${ROUND_LIMIT_MS} ms: ${state}`));
    }, ROUND_LIMIT_MS);
  });
  try {
    return await Promise.race([promise, overdue]);
  } finally {
    clearTimeout(timer);
  }
}
