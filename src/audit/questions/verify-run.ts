import { messageOf } from '../../core/row-error.ts';
import type { ChainReport } from '../chain-check.ts';
import { checkOptions, NON_EMPTY_TEXT, type OptionRules } from '../option-rules.ts';
import { chooseRun } from './choose-run.ts';
import { Findings } from './findings.ts';
import type { ReadableTrail, RecordOf } from './readable-trail.ts';
import { isTerminal, resultOf } from './row-ledger.ts';
import { RunCheck } from './run-check.ts';
import type { OutputCheck, Verification } from './verification.ts';

export interface VerifyOptions {
  /** Default: the last run that got anywhere. */
  readonly runId?: string | undefined;
  /** What to compare with the results of the run. Default: nothing. */
  readonly output?: OutputCheck | undefined;
}

const OPTIONS: OptionRules = {
  runId: NON_EMPTY_TEXT,
  output: {
    what: "an object with 'needsRequests', true or false, and the methods 'check' and 'end'",
    accepts: isOutputCheck,
  },
};

function isOutputCheck(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { needsRequests, check, end } = value as Partial<OutputCheck>;
  return typeof needsRequests === 'boolean' && typeof check === 'function' && typeof end === 'function';
}

/** A trail whose records vouch for one another. */
export interface ChainedTrail extends ReadableTrail {
  verifyChain(): Promise<ChainReport>;
}

/**
 * Checks that the record is whole: the hash chain of the trail, and of one run that each row has exactly one terminal entry,
 * attempts numbered without gaps and calls with indices of their own, that the run has ended, and that the output has what
 * was recorded. Takes some 10 bytes of memory per row, and the entries of rows that have more than one.
 *
 * @throws TrailQuestionError when there is no such run
 * @throws TypeError on a misspelt option or a value that is none
 */
export async function verifyRun(trail: ChainedTrail, options: VerifyOptions = {}): Promise<Verification> {
  checkOptions('verify run', options, OPTIONS);
  const { runId, output } = options;
  const findings = new Findings();
  const chain = await trail.verifyChain();
  for (const message of chain.problems) findings.add({ about: 'chain', message });
  const run = await chooseRun(trail, runId);
  const check = new RunCheck(findings);
  let results: number | undefined;
  try {
    await checkRecords(trail, run.runId, check);
    if (output !== undefined) results = await checkOutput(trail, run.runId, { check, output, findings });
  } catch (reason) {
    if (reason instanceof OutputError) throw reason.cause;
    if (findings.count === 0) throw reason;
    findings.add({ about: 'chain', message: `Records can't be read any further: ${messageOf(reason)}` });
  }
  return {
    runId: run.runId,
    ok: findings.count === 0,
    stopped: check.stopped,
    chain,
    checked: { ...check.counts, ...(results === undefined ? {} : { results }) },
    findings: findings.list,
    findingCount: findings.count,
  };
}

async function checkRecords(trail: ReadableTrail, runId: string, check: RunCheck): Promise<void> {
  for await (const page of trail.records({ runId })) for (const { record } of page) check.add(record);
  check.end();
}

/** @returns how many results were compared */
async function checkOutput(
  trail: ReadableTrail,
  runId: string,
  {
    check,
    output,
    findings,
  }: { readonly check: RunCheck; readonly output: OutputCheck; readonly findings: Findings },
): Promise<number> {
  let results = 0;
  for await (const { entry, request } of resultsOf(trail, runId, {
    check,
    needsRequests: output.needsRequests,
  })) {
    results++;
    await ofOutput(() => output.check(entry, request));
  }
  for (const finding of await ofOutput(() => output.end())) findings.add(finding);
  return results;
}

/** The output can't be compared, whatever is wrong with the records. */
class OutputError extends Error {}

async function ofOutput<Value>(act: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await act();
  } catch (reason) {
    throw new OutputError('Cannot compare the output', { cause: reason });
  }
}

interface Result {
  readonly entry: RecordOf<'entry'>;
  readonly request: unknown;
}

/**
 * The terminal entries of a run in the order of its rows: a row that has several, as it was cut off or run again, has its
 * last one, in the place of its first.
 */
async function* resultsOf(
  trail: ReadableTrail,
  runId: string,
  { check, needsRequests }: { readonly check: RunCheck; readonly needsRequests: boolean },
): AsyncGenerator<Result> {
  const requests = new Map<number, unknown>();
  const replaced = new Set<number>();
  const kinds = needsRequests ? (['row', 'entry'] as const) : (['entry'] as const);
  for await (const page of trail.records({ runId, kinds })) {
    for (const { record } of page) {
      if (record.kind === 'row') requests.set(record.rowIndex, record.request);
      if (record.kind !== 'entry' || replaced.has(record.rowIndex)) continue;
      const { rowIndex } = record;
      const replacement = check.replacements.get(rowIndex);
      if (replacement !== undefined) replaced.add(rowIndex);
      const entry = replacement ?? record;
      if (isTerminal(resultOf(entry))) yield { entry, request: requests.get(rowIndex) };
      requests.delete(rowIndex);
    }
  }
}
