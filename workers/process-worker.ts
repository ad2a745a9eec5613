/** What runs in each worker process: runs tasks, and reports what becomes of them. */
import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';
import { recordableCall } from '../src/core/call-event.ts';
import type { EncodedList } from '../src/core/codec.ts';
import { ensurePortable } from '../src/core/portable.ts';
import { ConcurrencyGauge } from '../src/engine/concurrency-gauge.ts';
import type { CallRecorder } from '../src/engine/engine.ts';
import { writeFrame } from '../src/engine/frames.ts';
import { REPORT_FD, type ProcessMessage, type ProcessReport } from '../src/engine/process-protocol.ts';
import type { SetupTask, SliceTask } from '../src/engine/worker-protocol.ts';
import { refuseProcessChanges } from './refuse-process-changes.ts';
import { fromBytes } from '../src/engine/value-bytes.ts';
import { WorkerRuntime } from './worker-runtime.ts';
import type { LaneWriter, WorkerSite } from './worker-site.ts';

const runtime = new WorkerRuntime(connect);
/** Lanes whose slice is to stop before the next row. */
const cancelled = new Set<number>();
/** Calls that are not durable yet. */
const recording = new Map<number, PromiseWithResolvers<void>>();
/** Rows are counted by the dispatching process; this one is nobody's. */
const gauge = new ConcurrencyGauge();
let calls = 0;

process.on('message', (message) => void onMessage(message as ProcessMessage));
process.on('disconnect', () => process.exit()); // the dispatching process is gone
watchParent();
refuseProcessChanges();
// meant for the dispatching process, and sent to all of its group by a terminal, or a service manager: it decides about rows
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

/** For rows that never let the event loop have its turn again. Where no thread can be had, they are on their own. */
function watchParent(): void {
  try {
    const url = new URL(`./parent-watch.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
    const watch = new threads.Worker(url, { workerData: process.ppid, execArgv: [], env: {} });
    watch.on('error', () => undefined);
    watch.unref();
  } catch {
    // as above
  }
}

async function onMessage(message: ProcessMessage): Promise<void> {
  switch (message.kind) {
    case 'set-up':
      showWorkerData(fromBytes(message.workerData));
      report({ kind: 'set-up', reply: await runtime.run(message.task) });
      break;
    case 'run':
      await runSlice(unpacked(message));
      break;
    case 'answer':
      await runtime.run(message.answer);
      break;
    case 'cancel':
      cancelled.add(message.lane);
      break;
    case 'abort-all':
      runtime.abortAll();
      break;
    case 'call-recorded':
      settleCall(message);
  }
}

function unpacked({ task, rows }: Extract<ProcessMessage, { kind: 'run' }>): SliceTask {
  if (rows === undefined) return task;
  return { ...task, job: { ...task.job, rows: fromBytes(rows) as EncodedList } };
}

async function runSlice(task: SliceTask): Promise<void> {
  const { lane } = task;
  cancelled.delete(lane);
  const reply = await runtime.run(task);
  if (reply.kind !== 'slice') return;
  // the outcomes have been reported row by row
  const { nextCallIndices } = reply.slice;
  const slice = { outputs: [], others: [], times: new Float64Array(0), nextCallIndices };
  report({ kind: 'slice', lane, reply: { ...reply, slice } });
}

async function connect({ setup }: SetupTask): Promise<WorkerSite> {
  return {
    workerData: threads.workerData,
    gauge,
    recordCall: setup.recordCalls ? recordCall : undefined,
    // messages are read only when the event loop gets its turn
    pause: () => new Promise<void>((resolve) => setImmediate(resolve)),
    inColumns: false, // each output is reported by itself
    handsOn: false,
    ensureSendable: (clone) => ensurePortable(clone, { sharedViews: !setup.recordsLeave }),
    laneWriter,
    tell: report,
  };
}

function laneWriter(lane: number): LaneWriter {
  return {
    open: () => {
      report({ kind: 'lane', lane, step: 'open' });
      return true;
    },
    enter: (counter) => report({ kind: 'lane', lane, step: 'enter', counter }),
    begin: (row, startedMs) => report({ kind: 'lane', lane, step: 'begin', row, startedMs }),
    await: () => report({ kind: 'lane', lane, step: 'await' }),
    resume: () => report({ kind: 'lane', lane, step: 'resume' }),
    end: (end) => {
      report({ kind: 'lane', lane, step: 'end', end });
      return true;
    },
    leave: () => report({ kind: 'lane', lane, step: 'leave' }),
    isCancelled: () => cancelled.has(lane),
    blame: (isCulprit) => report({ kind: 'lane', lane, step: 'blame', isCulprit }),
  };
}

const recordCall: CallRecorder = async (sliceId, called) => {
  const event = recordableCall(called); // may throw
  const id = calls++;
  const recorded = Promise.withResolvers<void>();
  recording.set(id, recorded);
  report({ kind: 'call', id, sliceId, event });
  return recorded.promise;
};

function settleCall({ id, error }: Extract<ProcessMessage, { kind: 'call-recorded' }>): void {
  const recorded = recording.get(id);
  recording.delete(id);
  if (error === undefined) recorded?.resolve();
  else recorded?.reject(new Error(error));
}

/** `workerData` of node:worker_threads is what it is in a thread. */
function showWorkerData(data: unknown): void {
  (threads as { workerData: unknown }).workerData = data;
  syncBuiltinESMExports();
}

function report(value: ProcessReport): void {
  writeFrame(REPORT_FD, value);
}
