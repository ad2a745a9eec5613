import { monotonicNow } from '../../src/engine/monotonic-now.ts';
import { range } from '../helpers/rows.ts';
import { FAULT_TABLE, type Expected, type Isolation } from '../integration/fault-table.ts';
import type { FaultName } from '../workers/faulty-transform.ts';
import type { SoakedRow } from './soaked-transform.ts';

/** A random whole number from 0 to below the limit. */
export type Random = (limit: number) => number;

const MOST_ROWS = 600;
const MOST_STORM_MS = 2_000;
const MOST_BALLAST_BYTES = 200 * 2 ** 20;
/** More of those that cost a worker would take up most of the time. */
const MOST_COSTLY = 10;
/** More often than this a fault would take up most of the time. */
const RARE: ReadonlySet<string> = new Set(['native code', 'many objects', 'megabytes on the console']);

/** The rows of one batch or stream: with random faults, in a capacity storm, some of them heavy, or none at all. */
export function makeRows(isolation: Isolation, random: Random): SoakedRow[] {
  switch (random(20)) {
    case 0:
    case 1:
      return [];
    case 2:
    case 3:
      return stormyRows(random);
    case 4:
      return heavyRows(random);
    default:
      return faultyRows(isolation, random);
  }
}

/** Every attempt is refused for a while. */
function stormyRows(random: Random): SoakedRow[] {
  const refusedUntil = monotonicNow() + random(MOST_STORM_MS);
  return range(1 + random(MOST_ROWS)).map((id) => ({ id, refusedUntil }));
}

/** One row of up to 200 MB among light ones. */
function heavyRows(random: Random): SoakedRow[] {
  const bytes = random(MOST_BALLAST_BYTES);
  const rows: SoakedRow[] = range(1 + random(20)).map((id) => ({ id }));
  const id = random(rows.length);
  rows[id] = { id, ballast: { bytes, content: new Uint8Array(bytes) } };
  return rows;
}

/** A handful of faults in random places at a random rate: up to all rows where that costs no workers. */
function faultyRows(isolation: Isolation, random: Random): SoakedRow[] {
  const faults = faultsFor(isolation, random);
  const rows: SoakedRow[] = range(1 + random(MOST_ROWS)).map((id) => ({ id }));
  const most = faults.every((fault) => isCheap(fault, isolation)) ? rows.length : MOST_COSTLY;
  for (let left = random(most); left > 0; left--) {
    const id = random(rows.length);
    const fault = faults[random(faults.length)] as FaultName;
    rows[id] = { id, fault, ...timesOf(fault, isolation) };
  }
  return rows;
}

/** A few faults for a run, so that each comes up often beside each. */
function faultsFor(isolation: Isolation, random: Random): FaultName[] {
  const possible = (Object.keys(FAULT_TABLE) as FaultName[]).filter(
    (fault) =>
      (expectedOf(fault, isolation).isolation ?? isolation) === isolation &&
      (!RARE.has(fault) || random(20) === 0),
  );
  return Array.from({ length: 1 + random(3) }, () => possible[random(possible.length)] as FaultName);
}

/** Whether the worker lives on. */
function isCheap(fault: FaultName, isolation: Isolation): boolean {
  const { timed, code, warns, changes } = expectedOf(fault, isolation);
  const isHeavy = RARE.has(fault) || / while the row runs$/.test(fault);
  return timed !== true && warns !== true && changes === undefined && code !== 'worker_lost' && !isHeavy;
}

function timesOf(fault: FaultName, isolation: Isolation): Pick<SoakedRow, 'times'> {
  const { times } = expectedOf(fault, isolation);
  return times === undefined ? {} : { times };
}

/** What a row with the fault must come to where it runs. */
export function expectedOf(fault: FaultName, isolation: Isolation): Expected {
  const expected = FAULT_TABLE[fault];
  return typeof expected === 'function' ? expected(isolation) : expected;
}
