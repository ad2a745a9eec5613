/** What runs in each thread: loads the user's transform once, then runs slices. It never throws to the pool. */
import { messageOf } from '../src/core/row-error.ts';
import { MessageChannel, parentPort, threadId, workerData } from 'node:worker_threads';
import type { Transform } from '../src/core/transform.ts';
import { AttemptContext } from '../src/engine/attempt-context.ts';
import { decodeList } from '../src/core/codec.ts';
import { ConcurrencyGauge } from '../src/engine/concurrency-gauge.ts';
import { Lanes } from '../src/engine/lanes.ts';
import { loadTransform } from '../src/engine/load-transform.ts';
import { monotonicNow } from '../src/engine/monotonic-now.ts';
import { AttemptTimeout, runSlice, type SliceHost } from '../src/engine/slice-runner.ts';
import type { CallRecorder } from '../src/engine/engine.ts';
import type { WorkerReply, WorkerSetup, WorkerTask } from '../src/engine/worker-protocol.ts';

interface Prepared {
  readonly setup: WorkerSetup;
  readonly transform: Transform<unknown, unknown>;
  readonly gauge: ConcurrencyGauge;
  readonly lanes: Lanes;
  readonly recordCall: CallRecorder | undefined;
}

/** Attempts that wait for a promise: the only ones that can notice an abort. */
const awaiting = new Set<AttemptContext>();
let prepared: Promise<Prepared> | undefined;

export default async function runTask(task: WorkerTask): Promise<WorkerReply> {
  if (prepared === undefined) {
    if (task.setup === undefined) return { kind: 'setup-needed' };
    prepared = prepare(task.setup);
  }
  let ready: Prepared;
  try {
    ready = await prepared;
  } catch (reason) {
    return loadFailed(reason);
  }
  if (task.job === undefined || task.lane === undefined) return { kind: 'ready' };
  ready.lanes.open(task.lane, threadId);
  return { kind: 'slice', threadId, slice: await runSlice(task.job, hostFor(task.lane, ready)) };
}

async function prepare(setup: WorkerSetup): Promise<Prepared> {
  const transform = await loadTransform(setup.transformUrl, setup.exportName);
  abortWhenDestroyed(setup.destroying);
  return {
    setup,
    transform,
    gauge: new ConcurrencyGauge(setup.gauge),
    lanes: new Lanes(setup.lanes),
    recordCall: setup.recordCalls ? await connectCallService() : undefined,
  };
}

function hostFor(lane: number, { setup, transform, gauge, lanes, recordCall }: Prepared): SliceHost {
  return {
    transform,
    workerData,
    gauge,
    recordCall,
    now: monotonicNow,
    decodeRows: decodeList,
    isCancelled: () => lanes.isCancelled(lane),
    onRowStart: (position, startedAt) => {
      lanes.begin(lane, position, Math.floor(startedAt - setup.originMs));
    },
    onRowEnd: () => {
      lanes.end(lane);
    },
    settle: (output, context) => {
      lanes.await(lane);
      return settle(output, context, setup.attemptTimeoutMs);
    },
  };
}

/** Aborts the attempt's signal when its time is over; the dispatching thread ends the thread if that does not help. */
async function settle(
  output: PromiseLike<unknown>,
  context: AttemptContext,
  attemptTimeoutMs: number | undefined,
): Promise<unknown> {
  awaiting.add(context);
  const timer =
    attemptTimeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          AttemptContext.abort(context, new AttemptTimeout(attemptTimeoutMs));
        }, attemptTimeoutMs);
  try {
    const value = await output;
    throwIfTimedOut(context);
    return value;
  } catch (thrown) {
    throwIfTimedOut(context);
    throw thrown;
  } finally {
    clearTimeout(timer);
    awaiting.delete(context);
  }
}

/** Whatever a late transform says: its time was over. */
function throwIfTimedOut(context: AttemptContext): void {
  const reason = AttemptContext.abortReasonOf(context);
  if (reason instanceof AttemptTimeout) throw reason;
}

function abortWhenDestroyed(destroying: SharedArrayBuffer): void {
  const { async, value } = Atomics.waitAsync(new Int32Array(destroying), 0, 0);
  if (!async) return;
  void value.then(() => {
    for (const context of awaiting) AttemptContext.abort(context, new Error('Executor is shut down'));
  });
}

/** Loaded only when calls are recorded, so that other workers start without it. */
async function connectCallService(): Promise<CallRecorder> {
  const { wrapCallService } = await import('../src/engine/call-service.ts');
  const { port1, port2 } = new MessageChannel();
  parentPort?.postMessage({ pooledExecutorCalls: port2 }, [port2]);
  const service = wrapCallService(port1);
  return (sliceId, event) => service.record(sliceId, event);
}

function loadFailed(reason: unknown): WorkerReply {
  const message = messageOf(reason);
  let cause: unknown;
  try {
    cause = structuredClone(reason instanceof Error ? reason.cause : undefined);
  } catch {
    cause = undefined; // the message says what matters
  }
  return { kind: 'load-failed', message, cause };
}
