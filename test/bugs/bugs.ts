/** A change of one file, by text that stands there once. */
export interface Edit {
  readonly file: string;
  readonly search: string;
  readonly replace: string;
}

/** A bug that executors of this kind really had, or that the quick way of rows which run once invites. */
export interface Bug {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** The part of the suite that must notice, as vitest takes it: parts of paths. */
  readonly tests: readonly string[];
}

const DISPATCHER = 'src/dispatcher.ts';
const OUTCOMES = 'src/outcome-handler.ts';
const REPORTS = 'src/report-handler.ts';
const BATCH = 'src/batch.ts';
const DELIVERY = 'src/delivery.ts';
const QUEUE = 'src/core/row-queue.ts';
const DELAY = 'src/core/throttle/aimd-delay.ts';
const RUN = 'src/row-run.ts';
const NEW_ROWS = 'src/new-rows.ts';
const RESULTS = 'src/run-results.ts';
const PULLER = 'src/source-puller.ts';
const STATS = 'src/core/stats.ts';
const RUNTIME = 'workers/worker-runtime.ts';
const ORIGIN = 'workers/row-origin.ts';
const LANE_MEMORY = 'src/engine/lane-memory.ts';
const OUTPUTS = 'src/engine/slice-outputs.ts';
const LINES = 'src/cli/line-splitter.ts';

export const BUGS: readonly Bug[] = [
  {
    name: 'the permit is kept during backoff',
    edits: [
      {
        file: DISPATCHER,
        search: 'this.#land(flight, isSmooth, now); //',
        replace: `const refused = report.outcomes.some(({ status }) => status === 'capacity');
    if (refused) {
      clock.setTimer(() => {
        this.#land(flight, isSmooth, clock.now());
        this.#pump();
      }, this.#throttle.currentDelayMs);
    } else this.#land(flight, isSmooth, now); //`,
      },
    ],
    tests: ['pooled-executor/backoff-permits'],
  },
  {
    name: 'rows that wait out a refusal count as running',
    edits: [
      {
        file: DISPATCHER,
        search: 'return this.#queue.readyCount > 0 && this.#semaphore.available > 0;',
        replace: 'return this.#queue.readyCount > 0 && this.#semaphore.available > this.#queue.waitingCount;',
      },
    ],
    tests: ['pooled-executor/backoff-permits'],
  },
  {
    name: 'permits are taken for queued rows',
    edits: [
      {
        file: DISPATCHER,
        search: 'this.#queue.pushNew(run);',
        replace: `this.#queue.pushNew(run);
      for (let count = 0; count < run.size; count++) {
        const early = this.#semaphore.tryAcquire();
        if (early !== undefined) this.#early.push(early);
      }`,
      },
      {
        file: DISPATCHER,
        search: '#nextSliceId = 0;',
        replace: '#nextSliceId = 0;\n  readonly #early: Permit[] = [];',
      },
      {
        file: DISPATCHER,
        search: 'const permit = this.#semaphore.tryAcquire();',
        replace: 'const permit = this.#early.shift() ?? this.#semaphore.tryAcquire();',
      },
      {
        file: DISPATCHER,
        search: 'return this.#queue.readyCount > 0 && this.#semaphore.available > 0;',
        replace:
          'return this.#queue.readyCount > 0 && (this.#early.length > 0 || this.#semaphore.available > 0);',
      },
    ],
    tests: ['pooled-executor/backoff-permits'],
  },
  {
    name: 'overlapping batches share a reorder buffer',
    edits: [
      {
        file: BATCH,
        search: 'readonly #buffer = new ReorderBuffer<Completed>();',
        replace: 'readonly #buffer = SHARED;',
      },
      {
        file: BATCH,
        search: 'export class Batch {',
        replace: 'const SHARED = new ReorderBuffer<Completed>();\nexport class Batch {',
      },
    ],
    tests: ['pooled-executor/overlapping-batches'],
  },
  {
    name: 'a retry skips the gate',
    edits: [
      {
        file: DISPATCHER,
        search: 'if (this.#throttle.gateAt(now) > now) {',
        replace: 'if (this.#queue.retryCount === 0 && this.#throttle.gateAt(now) > now) {',
      },
      {
        file: QUEUE,
        search: '/** Rows that wait out a refusal. */',
        replace: 'get retryCount(): number {\n    return this.#ready.size;\n  }\n',
      },
    ],
    tests: ['pooled-executor/throttle'],
  },
  {
    name: 'a retry sleeps twice',
    edits: [
      {
        file: OUTCOMES,
        search: 'history.readyAt = Math.min(now + waitMs, history.deadlineAt);',
        replace: 'history.readyAt = Math.min(now + 2 * waitMs, history.deadlineAt);',
      },
      {
        file: OUTCOMES,
        search: 'Math.max(MIN_BACKOFF_MS, history.readyAt - now)',
        replace: 'Math.max(MIN_BACKOFF_MS, waitMs)',
      },
    ],
    tests: ['pooled-executor/throttle'],
  },
  {
    name: 'a delay of 0 stays 0',
    edits: [
      {
        file: DELAY,
        search: 'const floor = this.atFloor ? Math.max(recoveryStepMs, minDispatchDelayMs) : 0;',
        replace: 'const floor = 0;',
      },
    ],
    tests: ['pooled-executor/throttle'],
  },
  {
    name: 'a refusal resets a delay at its floor to the recovery step',
    edits: [
      {
        file: DELAY,
        search: 'Math.max(floor, grown)',
        replace: '(this.atFloor ? recoveryStepMs : Math.max(floor, grown))',
      },
    ],
    tests: ['core/throttle/aimd-delay', 'pooled-executor/throttle'],
  },
  {
    name: 'stats are kept across batches',
    edits: [
      {
        file: STATS,
        search: 'this.#total = total;',
        replace: `this.#total = total;
    this.#attempts = total?.snapshot({ currentDelayMs: 0, maxConcurrentReached: 0 }).attempts ?? 0;`,
      },
    ],
    tests: ['pooled-executor/overlapping-batches'],
  },
  {
    name: 'peaks are kept across batches',
    edits: [
      {
        file: STATS,
        search: 'this.#peakDelayMs = minDelayMs;',
        replace: `this.#peakDelayMs =
      total?.snapshot({ currentDelayMs: 0, maxConcurrentReached: 0 }).peakDelayMs ?? minDelayMs;`,
      },
    ],
    tests: ['pooled-executor/throttle', 'pooled-executor/overlapping-batches'],
  },
  {
    name: "the buffer takes null for 'not ready'",
    edits: [
      {
        file: 'src/core/reorder-buffer.ts',
        search: 'if (value === EMPTY) break;',
        replace: 'if (value === EMPTY || value === null) break;',
      },
    ],
    tests: ['core/reorder-buffer'],
  },
  {
    name: "an output of null is taken for 'not ready'",
    edits: [
      {
        file: BATCH,
        search: 'if (row.result !== undefined) return;',
        replace:
          "if (row.result !== undefined || (result.status === 'success' && result.value === null)) return;",
      },
    ],
    tests: ['pooled-executor/small-batches', 'pooled-executor/transform-results'],
  },
  {
    name: 'a row that can not be cloned leaves a hole in the buffer',
    edits: [
      {
        file: BATCH,
        search:
          "this.complete(new PendingRow<Batch>(this, row), failure('transform_error', message), row.submittedAt);",
        replace: 'void message;',
      },
    ],
    tests: ['audit/trail-order'],
  },
  {
    name: 'rows that an abort takes out of the queue leave holes in the buffer',
    edits: [
      {
        file: DISPATCHER,
        search: 'for (const row of this.#queue.removeBatch(batch)) batch.completeEnded(row, ending, now);',
        replace: 'this.#queue.removeBatch(batch);',
      },
    ],
    tests: ['pooled-executor/abort'],
  },
  {
    name: 'the budget is checked after the dispatch',
    edits: [{ file: QUEUE, search: 'if (now < this.#deadlineAt) return NONE;', replace: 'return NONE;' }],
    tests: ['pooled-executor/retry-budget'],
  },
  {
    name: 'entries are given out before they are on record',
    edits: [
      {
        file: DELIVERY,
        search: 'record(unrecorded.map(({ entries }) => entries)).then(',
        replace:
          'void record(unrecorded.map(({ entries }) => entries)).catch(() => undefined);\n    Promise.resolve().then(',
      },
    ],
    tests: ['audit/trail-order', 'audit/trail-failure'],
  },
  {
    name: 'rows are sent before they are on record',
    edits: [
      {
        file: 'src/recorded-admission.ts',
        search: 'if (this.#resumed === undefined) recorded.then(next, next);',
        replace: `if (this.#resumed === undefined) {
      recorded.catch(() => undefined);
      next();
    }`,
      },
    ],
    tests: ['audit/trail-order', 'audit/trail-failure'],
  },
  {
    name: 'an error that a row left behind is charged to the row that runs now',
    edits: [
      {
        file: RUNTIME,
        search: 'const context = this.#origin.current;',
        replace: 'const context = [...this.#places].find((place) => place.context !== undefined)?.context;',
      },
    ],
    tests: ['integration/faults.test'],
  },
  {
    name: 'what a row has started is charged to the last row that ran',
    edits: [
      {
        file: ORIGIN,
        search: 'mark !== undefined && !this.#isTaken &&',
        replace: 'mark !== undefined &&',
      },
    ],
    tests: ['engine/row-origin', 'pooled-executor/stray-errors'],
  },
  {
    name: 'outputs are read from memory that the next slice writes to',
    edits: [
      {
        file: LANE_MEMORY,
        search: 'new Uint8Array(this.#bytes.subarray(0, (ends[ends.length - 1] ?? -1) + 1))',
        replace: 'this.#bytes.subarray(0, (ends[ends.length - 1] ?? -1) + 1)',
      },
    ],
    tests: ['engine/kept-outcomes'],
  },
  {
    name: 'the output behind which there is no more room to keep any is lost',
    edits: [
      {
        file: OUTPUTS,
        search: 'if (texts.length < this.#count) this.#addToList(this.#lastText);',
        replace: '',
      },
    ],
    tests: ['engine/slice-runner'],
  },
  {
    name: 'the beginning of a line that came with an earlier chunk is lost',
    edits: [
      {
        file: LINES,
        search: 'joinedTo(this.#rest, bytes)',
        replace: 'joinedTo(this.#rest.slice(1), bytes)',
      },
    ],
    tests: ['cli/line-splitter'],
  },
  {
    name: 'a crash is charged to the rows beside the one that did it',
    edits: [
      {
        file: RUNTIME,
        search: 'writer.blame(context === culprit)',
        replace: 'writer.blame(context !== culprit)',
      },
    ],
    tests: ['pooled-executor/worker-loss', 'integration/faults.test'],
  },
  {
    name: 'capacity errors are classified in a second place that disagrees',
    edits: [
      {
        file: OUTCOMES,
        search: "case 'capacity':",
        replace: `case 'capacity':
        if (outcome.statusCode === 529) {
          row.batch.complete(row, { status: 'error', error: outcome.error, retryable: false }, finishedAt);
          break;
        }`,
      },
    ],
    tests: ['pooled-executor/transform-results'],
  },
  {
    name: "an output of null is taken for 'not ready' where rows complete together",
    edits: [
      {
        file: BATCH,
        search: 'const { count, errors } = results;',
        replace: `if (results.list().some((result) => result.status === 'success' && result.value === null)) return;
    const { count, errors } = results;`,
      },
    ],
    tests: ['pooled-executor/small-batches'],
  },
  {
    name: 'results without entries are given out before they are on record',
    edits: [
      {
        file: DELIVERY,
        search: "if (record === undefined && outlet.kind === 'results') {",
        replace: "if (outlet.kind === 'results') {",
      },
    ],
    tests: ['audit/trail-order', 'audit/trail-failure'],
  },
  {
    name: 'a slice in which a row was refused completes as one that ran smoothly',
    edits: [
      {
        file: REPORTS,
        search: 'ranSmoothly(report, run.size) && run.isFresh &&',
        replace: 'run.isFresh &&',
      },
    ],
    tests: ['pooled-executor/throttle'],
  },
  {
    name: 'a row that is sent again completes as one that ran once',
    edits: [
      {
        file: REPORTS,
        search: ' && run.isFresh &&',
        replace: ' &&',
      },
    ],
    tests: ['pooled-executor/throttle'],
  },
  {
    name: 'rows that complete together are all counted as successes',
    edits: [
      {
        file: RESULTS,
        search: "status === 'error' ? sum + 1 : sum",
        replace: "status === 'error' ? sum : sum",
      },
    ],
    tests: ['pooled-executor/transform-results', 'pooled-executor/small-batches'],
  },
  {
    name: 'texts that come together are let in though the window has no room for all of them',
    edits: [
      {
        file: PULLER,
        search: 'Math.min(texts.size, Math.max(1, this.#room));',
        replace: 'texts.size;',
      },
    ],
    tests: ['pooled-executor/text-rows'],
  },
  {
    name: 'the throttle takes errors of rows that complete together for successes',
    edits: [
      {
        file: OUTCOMES,
        search: "if (result.status === 'success') {",
        replace: "if (result.status === 'success' || result.status === 'error') {",
      },
    ],
    tests: ['pooled-executor/throttle'],
  },
  {
    name: 'rows that complete together share a place in the order of completion',
    edits: [{ file: BATCH, search: 'this.#completed += count;', replace: 'this.#completed++;' }],
    tests: ['pooled-executor/order', 'pooled-executor/small-batches'],
  },
  {
    name: 'rows that came back unstarted have spent an attempt',
    edits: [{ file: RUN, search: 'this.#isSent = false;', replace: '' }],
    tests: ['row-run', 'pooled-executor/slices-behind'],
  },
  {
    name: 'the rest of a run that was cut begins at its first row again',
    edits: [{ file: NEW_ROWS, search: 'offset: rows.offset + from,', replace: 'offset: rows.offset,' }],
    tests: ['row-run'],
  },
  {
    name: 'runs with a gap between them are joined as if there was none',
    edits: [{ file: RUN, search: ' || submitIndex !== nextIndex', replace: '' }],
    tests: ['row-run'],
  },
  {
    name: 'slices that are taken back from an aborted batch go into the queue again',
    edits: [
      {
        file: OUTCOMES,
        search: 'run.isFresh && run.batch.ending === undefined',
        replace: 'run.isFresh',
      },
    ],
    tests: ['pooled-executor/slices-behind', 'pooled-executor/abort'],
  },
  {
    name: 'entries that are on record already are recorded again',
    edits: [{ file: DELIVERY, search: 'runs.filter(({ isRecorded }) => !isRecorded)', replace: 'runs' }],
    tests: ['pooled-executor/resume', 'audit/trail-order'],
  },
  {
    name: 'the record of a first attempt says that it was none yet',
    edits: [{ file: RUN, search: 'return this.#isSent ? 1 : 0;', replace: 'return 0;' }],
    tests: ['row-run', 'audit/trail-order', 'audit/run-histories'],
  },
  {
    name: 'lines of which others are cut off go to the record with all of their block',
    edits: [
      {
        file: RUN,
        search: 'group.texts(submitIndex, submitIndex + count)',
        replace: 'group.texts(group.first, submitIndex + count)',
      },
    ],
    tests: ['row-run'],
  },
];
