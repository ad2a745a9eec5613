import type {
  ExplainedAttempt,
  ExplainedCall,
  ExplainedEntry,
  RowError,
  RowExplanation,
  RowSubmission,
} from '../index.ts';
import { payloadText } from './payload-text.ts';

/** How the story of a row is told to people. */
export interface ExplanationStyle {
  /** Whether payloads stand whole, however long they are. */
  readonly full: boolean;
}

/** A line of a story: when it happened, and what. Lines without a time go on with the one before. */
interface Line {
  readonly at?: number | undefined;
  readonly text: string;
}

const MOST_NEIGHBOURS = 20;
const TIME_WIDTH = 13;

/** The story of a row for a terminal. Times are in ms since its first submission. */
export function explanationText(row: RowExplanation, style: ExplanationStyle): string {
  const from = startOf(row);
  const { replaced = [], submission, attempts, entries } = row;
  const submissions = [...replaced, ...(submission === undefined ? [] : [submission])];
  const lines: readonly Line[] = [
    ...(submission === undefined
      ? [{ text: 'the row itself is not on record, as it could not be cloned' }]
      : []),
    ...[
      ...submissions.map((each, position) => submissionEvent(each, position > 0, style)),
      ...attemptEvents(attempts, from, style),
      ...entries.map(entryEvent),
    ]
      .toSorted((one, other) => one.at - other.at)
      .flatMap(({ lines: own }) => own),
    ...openLines(row, style),
  ];
  return `${headline(row, from)}\n\n${lines.map((line) => lineText(line, from)).join('')}`;
}

/** When the story begins: in the first batch that the row was in. */
function startOf({ replaced, submission, entries }: RowExplanation): number | undefined {
  return (replaced?.[0] ?? submission)?.at ?? entries[0]?.submittedAt;
}

function headline(row: RowExplanation, from: number | undefined): string {
  const { rowIndex, stateId, runId, result, attempts, entries, open, batches } = row;
  const count = `${attempts.length} ${attempts.length === 1 ? 'attempt' : 'attempts'}`;
  const entry = entries.at(-1);
  const took = entry === undefined || from === undefined ? '' : ` in ${ms(entry.completedAt - from)}`;
  const over = batches > 1 ? `, over ${batches} batches` : '';
  const end =
    result === undefined
      ? `never finished, after ${count}${open === undefined ? '' : ' and one without an end'}`
      : `${result.status === 'success' ? 'success' : result.error.code} after ${count}${took}`;
  return `Row ${rowIndex} (state id '${stateId}') of run ${runId}: ${end}${over}`;
}

/** Something that happened, and when. */
interface StoryEvent {
  readonly at: number;
  readonly lines: readonly Line[];
}

function submissionEvent(
  { at, request }: RowSubmission,
  isAgain: boolean,
  style: ExplanationStyle,
): StoryEvent {
  const what = isAgain ? 'submitted again, changed,' : 'submitted';
  return {
    at,
    lines: [
      { at, text: `${what} at ${new Date(at).toISOString()}` },
      { text: `  request   ${payloadText(request, style)}` },
    ],
  };
}

/** In their order: one of which no time is known comes after the one before, or after the submission. */
function attemptEvents(
  attempts: readonly ExplainedAttempt[],
  from: number | undefined,
  style: ExplanationStyle,
): readonly StoryEvent[] {
  let endOfLast = from ?? -Infinity;
  return attempts.map((attempt, position) => {
    const { at, lines } = attemptEvent(attempt, endOfLast, style);
    endOfLast = attempt.place?.finishedAt ?? at;
    return { at, lines: [...transformLines(attempt, attempts[position - 1]), ...lines] };
  });
}

/** @param endOfLast when the attempt before it ended */
function attemptEvent(attempt: ExplainedAttempt, endOfLast: number, style: ExplanationStyle): StoryEvent {
  const { attempt: number, place, calls, backoffMs } = attempt;
  const ending = endingLines(attempt, style);
  if (place === undefined)
    return { at: calls[0]?.requestedAt ?? endOfLast, lines: [{ text: `attempt ${number}` }, ...ending] };
  const { dispatchedAt, startedAt, finishedAt, threadId, sliceId, delayMs } = place;
  const after = backoffMs > 0 ? `; wait of ${ms(backoffMs)} ordered` : '';
  return {
    at: dispatchedAt,
    lines: [
      {
        at: dispatchedAt,
        text: `attempt ${number} dispatched; delay in force ${ms(delayMs)}${waitsText(attempt)}`,
      },
      { at: startedAt, text: `  started on thread ${threadId}, in slice ${sliceId}` },
      ...calls.flatMap((call) => callLines(call, style)),
      { at: finishedAt, text: `  ${outcomeText(attempt)} after ${ms(finishedAt - startedAt)}${after}` },
      ...ending,
      ...alongsideLines(attempt),
    ],
  };
}

type Transformed = Pick<ExplainedAttempt, 'transform'>;

/** That an attempt ran another transform than the one before it. */
function transformLines({ transform }: Transformed, before: Transformed | undefined): readonly Line[] {
  const past = before?.transform;
  if (transform === undefined || past === undefined || transform.sha256 === past.sha256) return [];
  const { url, sha256 } = transform;
  const where = url === past.url ? url : `${url}, before ${past.url}`;
  return [
    {
      text: `continued with another transform: ${where} (sha256 ${shorten(sha256)}, before ${shorten(past.sha256)})`,
    },
  ];
}

function shorten(sha256: string): string {
  return sha256 === '' ? 'unknown' : sha256.slice(0, 12);
}

function waitsText({ waits }: ExplainedAttempt): string {
  const texts = waits
    .filter(({ for: reason }) => reason !== 'worker')
    .map((wait) => `${ms(wait.ms)} ${wait.for === 'backoff' ? 'in backoff' : 'for its turn'}`);
  return texts.length === 0 ? '' : `; waited ${texts.join(', then ')}`;
}

function outcomeText({ outcome, error }: ExplainedAttempt): string {
  switch (outcome) {
    case 'ok':
      return 'succeeded';
    case 'capacity':
      return `refused${error?.statusCode === undefined ? '' : ` (${error.statusCode})`}`;
    case 'failed':
      return 'failed';
    case 'lost':
      return 'lost its worker';
  }
}

function endingLines(attempt: ExplainedAttempt, style: ExplanationStyle): readonly Line[] {
  const { error } = attempt;
  if (error !== undefined)
    return [{ text: `    error     ${errorText(error, style)}` }, ...stackLines(error, style)];
  return [{ text: `    response  ${payloadText(attempt.response, style)}` }];
}

function callLines(call: ExplainedCall, style: ExplanationStyle): readonly Line[] {
  const { callIndex, name, requestedAt, request, endedAt, error } = call;
  const asked: Line = { at: requestedAt, text: `  call '${name}' (index ${callIndex})` };
  const sent: Line = { text: `    request   ${payloadText(request, style)}` };
  if (endedAt === undefined) return [asked, sent, { text: '    no answer on record' }];
  const answer =
    error === undefined
      ? `response  ${payloadText(call.response, style)}`
      : `error     ${errorText(error, style)}`;
  return [asked, sent, { at: endedAt, text: `    ${answer}` }];
}

function alongsideLines({ alongside }: ExplainedAttempt): readonly Line[] {
  if (alongside === undefined) return [];
  const rows = alongside.slice(0, MOST_NEIGHBOURS).map(({ rowIndex }) => rowIndex);
  const more = alongside.length > rows.length ? ` and ${alongside.length - rows.length} more` : '';
  return [
    { text: `    meanwhile ran ${rows.length === 0 ? 'no other row' : `rows ${rows.join(', ')}${more}`}` },
  ];
}

function entryEvent(entry: ExplainedEntry): StoryEvent {
  const { at, completedAt, submitIndex, completeIndex, bufferWaitMs, result } = entry;
  const what = result.status === 'success' ? 'success' : `${result.error.code}: ${result.error.message}`;
  const wait = bufferWaitMs > 0 ? `; waited ${ms(bufferWaitMs)} for the rows before it` : '';
  return {
    at: completedAt,
    lines: [
      {
        at: completedAt,
        text: `completed at index ${completeIndex}, submitted at index ${submitIndex} (from 0): ${what}`,
      },
      { at: completedAt + bufferWaitMs > at ? completedAt + bufferWaitMs : at, text: `given out${wait}` },
    ],
  };
}

function openLines(
  { open, result, entries, attempts }: RowExplanation,
  style: ExplanationStyle,
): readonly Line[] {
  if (open !== undefined) {
    const { attempt, sliceId, dispatchedAt, calls } = open;
    return [
      ...transformLines(open, attempts.at(-1)),
      { at: dispatchedAt, text: `attempt ${attempt} dispatched in slice ${sliceId}` },
      ...calls.flatMap((call) => callLines(call, style)),
      { text: '  has no end on record: the process died, or it is still under way' },
    ];
  }
  if (result !== undefined || entries.length > 0) return [];
  return [{ text: 'has no result on record: the process died, its consumer stopped, or the run goes on' }];
}

/** Where it was thrown; with `full` all that is on record of the way there. */
function stackLines({ stack = '' }: RowError, { full }: ExplanationStyle): readonly Line[] {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return frames.slice(0, full ? Infinity : 1).map((frame) => ({ text: `              ${frame.trim()}` }));
}

function errorText({ code, name, message, details, cause }: RowError, style: ExplanationStyle): string {
  const more = details === undefined ? '' : ` ${payloadText(details, style)}`;
  const why = cause === undefined ? '' : `, caused by ${errorText(cause, style)}`;
  return `${code}: ${name === undefined ? '' : `${name}: `}${message}${more}${why}`;
}

function lineText({ at, text }: Line, from: number | undefined): string {
  const time = at === undefined ? '' : ms(from === undefined ? 0 : at - from);
  return `${time.padStart(TIME_WIDTH)}  ${text}\n`;
}

/** `0.4 ms`, `1,250.0 ms` */
function ms(value: number): string {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return `${Math.max(0, value).toLocaleString('en', digits)} ms`;
}
