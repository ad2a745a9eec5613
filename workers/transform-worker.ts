/** What runs in each thread: runs tasks, and writes down in shared memory what becomes of them. */
import threads, { MessageChannel, parentPort, threadId } from 'node:worker_threads';
import { ConcurrencyGauge } from '../src/engine/concurrency-gauge.ts';
import type { CallRecorder } from '../src/engine/engine.ts';
import { largeBuffersIn } from '../src/core/codec.ts';
import { ensureRecordable } from '../src/core/portable.ts';
import { KeptOutcomes } from '../src/engine/kept-outcomes.ts';
import { Lanes } from '../src/engine/lanes.ts';
import type {
  MarkedMessage,
  SetupTask,
  SliceReply,
  WorkerMessage,
  WorkerReply,
  WorkerTask,
} from '../src/engine/worker-protocol.ts';
import { WorkerRuntime } from './worker-runtime.ts';
import type { LaneWriter, WorkerSite } from './worker-site.ts';

const runtime = new WorkerRuntime(connect);
/** Loaded when it is needed, as most threads never need it. */
let piscina: Awaited<ReturnType<typeof importPiscina>> | undefined;

function importPiscina() {
  return import('piscina');
}

export default async function runTask(task: WorkerTask): Promise<WorkerReply> {
  const reply = await runtime.run(task);
  const buffers = reply.kind === 'slice' ? buffersOf(reply) : [];
  return buffers.length === 0 ? reply : moving(reply, buffers);
}

function buffersOf({ slice, unfinished }: SliceReply): readonly ArrayBuffer[] {
  return unfinished?.buffers ?? largeBuffersIn(slice.outputs); // a row that is unfinished has no output
}

/** Has piscina hand the buffers over instead of copying them: they are the reply's own. */
async function moving(reply: WorkerReply, buffers: readonly ArrayBuffer[]): Promise<WorkerReply> {
  const { move, transferableSymbol, valueSymbol } = (piscina ??= await importPiscina());
  const transferable = { [transferableSymbol]: buffers, [valueSymbol]: reply };
  return move(transferable as unknown as Parameters<typeof move>[0]) as unknown as WorkerReply;
}

async function connect({ setup, memory }: SetupTask): Promise<WorkerSite> {
  if (memory === undefined) throw new Error('Cannot set up thread as it shares no memory');
  const lanes = new Lanes(memory.lanes);
  const kept = new KeptOutcomes(lanes.count, memory.kept);
  abortWhenDestroyed(memory.destroying);
  return {
    workerData: threads.workerData,
    gauge: new ConcurrencyGauge(memory.gauge),
    recordCall: setup.recordCalls ? await connectCallService() : undefined,
    inColumns: !setup.recordCalls, // a trail wants the text of each output
    handsOn: true,
    ensureSendable: setup.recordsLeave ? ensureRecordable : undefined,
    laneWriter: (lane) => laneWriter(lane, lanes, kept),
    tell,
  };
}

function laneWriter(lane: number, lanes: Lanes, kept: KeptOutcomes): LaneWriter {
  return {
    open: () => {
      if (!lanes.open(lane, threadId)) return false;
      kept.reset(lane);
      return true;
    },
    enter: () => lanes.enter(lane),
    begin: (row, startedMs) => lanes.begin(lane, row, startedMs),
    await: () => lanes.await(lane),
    resume: () => lanes.resume(lane),
    end: (end) => {
      const isKept = kept.keep(lane, end);
      lanes.end(lane);
      return isKept;
    },
    keptTexts: () => kept.texts(lane).list(),
    leave: () => lanes.leave(lane),
    isCancelled: () => lanes.isCancelled(lane),
    blame: (isCulprit) => lanes.blame(lane, isCulprit),
  };
}

function tell(message: WorkerMessage): void {
  const marked: MarkedMessage = { pooledExecutor: message };
  parentPort?.postMessage(marked);
}

function abortWhenDestroyed(destroying: SharedArrayBuffer): void {
  const { async, value } = Atomics.waitAsync(new Int32Array(destroying), 0, 0);
  if (async) void value.then(() => runtime.abortAll());
}

/** Loaded only when calls are recorded, so that other workers start without it. */
async function connectCallService(): Promise<CallRecorder> {
  const { wrapCallService } = await import('../src/engine/call-service.ts');
  const { port1, port2 } = new MessageChannel();
  const marked: MarkedMessage = { pooledExecutor: { kind: 'calls', port: port2 } };
  parentPort?.postMessage(marked, [port2]);
  const service = wrapCallService(port1);
  return (sliceId, event) => service.record(sliceId, event);
}
