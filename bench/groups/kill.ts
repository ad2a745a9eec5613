import type { AuditRecord } from '../../src/index.ts';
import { MemoryAuditTrail, PooledExecutor } from '../built-package.ts';
import { rate, withRange } from '../format.ts';
import type { Bench, Group, Table } from '../group.ts';
import { summarise, type Summary } from '../summary.ts';
import type { Hang } from '../workers/hanging-transform.ts';

const ATTEMPT_TIMEOUT_MS = 50;
const ISOLATIONS = ['thread', 'process'] as const;
const HANGS: Readonly<Record<Hang, string>> = {
  loop: 'endless loop',
  regex: 'catastrophic regular expression',
  promise: 'promise that never settles',
  native: 'native code (pbkdf2Sync)',
};

type Isolation = (typeof ISOLATIONS)[number];

/** Of one row that hung, in ms from the moment at which its time was over. */
interface Kill {
  /** Until its entry was complete. */
  readonly entryMs: number;
  /** Until the next row ran, on another worker. */
  readonly nextRowMs: number;
}

interface Measured {
  readonly isolation: Isolation;
  readonly hang: Hang;
  readonly entryMs: Summary;
  readonly nextRowMs: Summary;
}

export const kill: Group = {
  name: 'kill',
  title: 'Kill: how soon a row that hangs is done with',
  about:
    `One worker runs a row that hangs and then one that does not, with an attemptTimeoutMs of ${ATTEMPT_TIMEOUT_MS}. Times are ` +
    'in ms from the moment at which the time of the row is over, to 1 ms: until it has its entry, and until the next row runs, ' +
    'on the worker started in the place of the one that was ended. A row that waits for a promise gets 100 ms to react to its ' +
    'signal first. Native code can not be interrupted in a thread: there the worker ends when it returns, and no other runs ' +
    'meanwhile.',
  rounds: { full: 5, quick: 1 }, // there is no quick way to hang
  run: async (bench) => {
    const measured: Measured[] = [];
    for (const isolation of ISOLATIONS) {
      for (const hang of Object.keys(HANGS) as Hang[]) measured.push(await measure(isolation, hang, bench));
    }
    return {
      goals: [],
      tables: [tableOf(measured)],
      figures: { attemptTimeoutMs: ATTEMPT_TIMEOUT_MS, measured },
    };
  },
};

async function measure(isolation: Isolation, hang: Hang, { settings, say }: Bench): Promise<Measured> {
  say(`${isolation}: ${HANGS[hang]}`);
  const audit = new MemoryAuditTrail();
  await using executor = new PooledExecutor<Hang | 'done', unknown>({
    transform: new URL('../workers/hanging-transform.ts', import.meta.url),
    poolSize: 1,
    sliceSize: 1,
    attemptTimeoutMs: ATTEMPT_TIMEOUT_MS,
    isolation,
    audit,
  });
  await executor.map(['done']);
  const kills: Kill[] = [];
  for (let round = 0; round < settings.rounds; round++) {
    const runId = `round ${round}`;
    await executor.map([hang, 'done'], { runId });
    kills.push(killIn(audit.records.filter((record) => record.runId === runId)));
  }
  return {
    isolation,
    hang,
    entryMs: summarise(kills.map(({ entryMs }) => entryMs)),
    nextRowMs: summarise(kills.map(({ nextRowMs }) => nextRowMs)),
  };
}

function killIn(records: readonly AuditRecord[]): Kill {
  const [hung, next] = records.filter((record) => record.kind === 'attempt');
  const entry = records.find((record) => record.kind === 'entry' && record.rowIndex === 0);
  if (hung === undefined || next === undefined || entry?.kind !== 'entry') {
    throw new Error('Cannot measure as rows are not on record');
  }
  const { result } = entry;
  if (result.status !== 'error' || result.error.code !== 'attempt_timeout') {
    throw new Error(`Cannot measure as the row did not hang: ${JSON.stringify(result)}`);
  }
  const overAt = hung.startedAt + ATTEMPT_TIMEOUT_MS;
  return { entryMs: entry.completedAt - overAt, nextRowMs: next.startedAt - overAt };
}

function tableOf(measured: readonly Measured[]): Table {
  return {
    caption: 'Time after the end of attemptTimeoutMs, in ms',
    columns: ['', 'until its entry', 'until the next row runs'],
    lines: measured.map(({ isolation, hang, entryMs, nextRowMs }) => [
      `${isolation}: ${HANGS[hang]}`,
      withRange(entryMs, rate),
      withRange(nextRowMs, rate),
    ]),
  };
}
