import { fork, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { ResourceLimits } from 'node:worker_threads';
import { decode } from '../core/codec.ts';
import { messageOf } from '../core/row-error.ts';
import { POOL_COUNTER, type ConcurrencyGauge } from './concurrency-gauge.ts';
import type { CallRecorder } from './engine.ts';
import { flagsForFiles } from './flags-for-files.ts';
import { FrameReader } from './frames.ts';
import type { Host } from './host.ts';
import type { KeptOutcome, RowEnd } from './row-end.ts';
import type { Lanes } from './lanes.ts';
import { REPORT_FD, type LaneReport, type ProcessMessage, type ProcessReport } from './process-protocol.ts';
import { monotonicNow } from './monotonic-now.ts';
import type { OpenSpan, Overlaps } from './overlaps.ts';
import type { SliceReturn } from './slice-columns.ts';
import { toBytes } from './value-bytes.ts';
import type {
  SetupTask,
  SliceTask,
  WorkerNews,
  WorkerReply,
  WorkerSetup,
  WorkerTask,
} from './worker-protocol.ts';

export interface ProcessHostOptions {
  readonly gauge: ConcurrencyGauge;
  readonly lanes: Lanes;
  /** The slices of all processes: reports of several are read one after another, so their order does not tell. */
  readonly overlaps: Overlaps;
  readonly setup: WorkerSetup;
  readonly recordCall: CallRecorder | undefined;
  readonly onNews: (news: WorkerNews) => void;
  readonly resourceLimits?: ResourceLimits | undefined;
  readonly workerData?: unknown;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly execArgv?: string[] | undefined;
}

const WORKER_URL = new URL(
  // the build keeps the layout, so only the extension differs
  `../../workers/process-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
);

/** A slice that the process has. */
interface Running {
  readonly answer: PromiseWithResolvers<WorkerReply>;
  /** The batch's counter in the gauge, while the slice counts in it. */
  counter: number;
  readonly span: OpenSpan;
  readonly ends: RowEnd[];
}

/**
 * A worker process. It shares no memory: what a thread writes there itself it reports, each row before it starts and
 * when it has ended, and this class writes it down. So what is known of a process that is lost is as exact.
 */
export class ProcessHost implements Host {
  readonly id: number;
  readonly ended: Promise<Error>;
  readonly #options: ProcessHostOptions;
  readonly #child: ChildProcess;
  readonly #pipes: readonly Socket[];
  readonly #setUp = Promise.withResolvers<WorkerReply>();
  readonly #running = new Map<number, Running>();
  #end: Error | undefined;
  #busy = 0;

  constructor(options: ProcessHostOptions) {
    this.#options = options;
    this.#setUp.promise.catch(() => undefined);
    this.#child = startChild(options);
    this.id = this.#child.pid ?? 0;
    this.#pipes = this.#connectPipes();
    this.ended = this.#watchEnd();
    this.#stayOutOfTheWay();
  }

  async run(task: WorkerTask): Promise<WorkerReply> {
    if (this.#end !== undefined) throw this.#end;
    if ('accepted' in task) {
      this.#send({ kind: 'answer', answer: task });
      return { kind: 'ready' };
    }
    if (this.#busy++ === 0) this.#keepAlive();
    try {
      return await ('setup' in task ? this.#load(task) : this.#runSlice(task));
    } catch {
      this.terminate(); // it has ended, unless the task could not be sent
      throw await this.ended;
    } finally {
      if (--this.#busy === 0 && !this.#child.killed) this.#stayOutOfTheWay();
    }
  }

  /** Tells the process to stop before the next row. */
  cancel(lane: number): void {
    if (this.#running.has(lane)) this.#send({ kind: 'cancel', lane });
  }

  abortAll(): void {
    this.#send({ kind: 'abort-all' });
  }

  keptOutcomes(lane: number): readonly KeptOutcome[] {
    const ends = this.#running.get(lane)?.ends ?? [];
    return ends.map(({ output, other, startedAt, finishedAt }) => ({
      startedAt,
      finishedAt,
      outcome: other ?? { status: 'success', value: decode(output?.snapshot) },
    }));
  }

  terminate(): void {
    if (this.#end === undefined) this.#keepAlive(); // somebody may wait for its end
    this.#child.kill('SIGKILL');
  }

  #load(task: SetupTask): Promise<WorkerReply> {
    this.#send({ kind: 'set-up', task, workerData: toBytes(this.#options.workerData) });
    return this.#setUp.promise;
  }

  #runSlice(task: SliceTask): Promise<WorkerReply> {
    const span = this.#options.overlaps.open(monotonicNow());
    const running: Running = { answer: Promise.withResolvers(), counter: -1, span, ends: [] };
    this.#running.set(task.lane, running);
    this.#send(toMessage(task));
    if (this.#options.lanes.isCancelled(task.lane)) this.cancel(task.lane);
    return running.answer.promise;
  }

  #send(message: ProcessMessage): void {
    if (this.#child.connected) this.#child.send(message, () => undefined); // its end says it too
  }

  #onReport(report: ProcessReport): void {
    switch (report.kind) {
      case 'set-up':
        this.#setUp.resolve(report.reply);
        break;
      case 'lane':
        this.#onLane(report);
        break;
      case 'slice':
        this.#onSlice(report);
        break;
      case 'call':
        this.#record(report);
        break;
      case 'stray':
      case 'globals':
        this.#options.onNews(report);
    }
  }

  #onLane(report: LaneReport): void {
    const { lanes, gauge } = this.#options;
    const { lane } = report;
    const running = this.#running.get(lane);
    if (running === undefined) return;
    switch (report.step) {
      case 'open':
        lanes.open(lane, this.id);
        break;
      case 'enter':
        running.counter = report.counter;
        for (const counter of [POOL_COUNTER, report.counter]) gauge.enter(counter);
        lanes.enter(lane);
        break;
      case 'begin':
        lanes.begin(lane, report.row, report.startedMs);
        break;
      case 'await':
        lanes.await(lane);
        break;
      case 'resume':
        lanes.resume(lane);
        break;
      case 'end':
        running.ends.push(report.end);
        lanes.end(lane);
        break;
      case 'leave':
        lanes.leave(lane);
        this.#countSpan(running, running.ends.at(-1)?.finishedAt ?? 0);
        for (const counter of [POOL_COUNTER, running.counter]) gauge.leave(counter);
        running.counter = -1;
        break;
      case 'blame':
        lanes.blame(lane, report.isCulprit);
    }
  }

  #onSlice({ lane, reply }: Extract<ProcessReport, { kind: 'slice' }>): void {
    const running = this.#running.get(lane);
    if (running === undefined) return;
    this.#running.delete(lane);
    running.answer.resolve({ ...reply, slice: withEnds(reply.slice, running.ends) });
  }

  /** @param begunAt when its first row began, if none has ended */
  #countSpan({ span, counter, ends }: Running, end: number, begunAt = Infinity): void {
    const { overlaps, gauge } = this.#options;
    const start = ends[0]?.startedAt ?? begunAt;
    if (counter < 0 || start >= end) {
      overlaps.forget(span);
      return;
    }
    const { overall, inGroup } = overlaps.close(span, counter, start, end);
    gauge.raise(POOL_COUNTER, overall);
    gauge.raise(counter, inGroup);
  }

  #record({ id, sliceId, event }: Extract<ProcessReport, { kind: 'call' }>): void {
    this.#options.recordCall?.(sliceId, event).then(
      () => this.#send({ kind: 'call-recorded', id }),
      (reason: unknown) => this.#send({ kind: 'call-recorded', id, error: messageOf(reason) }),
    );
  }

  #connectPipes(): readonly Socket[] {
    const { pid, stdout, stderr, stdio } = this.#child;
    if (pid === undefined) return []; // it never started; where no more files can be opened it has no pipes either
    const reports = stdio[REPORT_FD] as Socket;
    stdout?.on('data', (chunk: Buffer) => process.stdout.write(chunk)); // as threads do
    stderr?.on('data', (chunk: Buffer) => process.stderr.write(chunk));
    const reader = new FrameReader((report) => this.#onReport(report as ProcessReport));
    reports.on('data', (chunk: Buffer) => reader.push(chunk));
    return [stdout as Socket, stderr as Socket, reports];
  }

  /** The process is over when it has exited and all its reports are read. */
  #watchEnd(): Promise<Error> {
    const ended = Promise.withResolvers<Error>();
    this.#child.on('error', (reason) => {
      if (this.#child.pid === undefined) ended.resolve(reason); // it never started
    });
    this.#child.once('close', (code, signal) => ended.resolve(endOf(code, signal)));
    return ended.promise.then((end) => {
      this.#end = end;
      this.#setUp.reject(end);
      for (const [lane, running] of this.#running) {
        this.#countSpan(
          running,
          monotonicNow(),
          this.#options.setup.originMs + this.#options.lanes.read(lane).startedMs,
        );
        running.answer.reject(end);
      }
      return end;
    });
  }

  /** One that the child has ended would wait, each time, for a connection that never comes. */
  get #openPipes(): readonly Socket[] {
    return this.#pipes.filter(({ destroyed }) => !destroyed);
  }

  #keepAlive(): void {
    this.#child.ref();
    for (const pipe of this.#openPipes) pipe.ref();
  }

  /** An idle worker does not keep the process alive. */
  #stayOutOfTheWay(): void {
    this.#child.unref();
    this.#child.channel?.unref();
    for (const pipe of this.#openPipes) pipe.unref();
  }
}

function toMessage(task: SliceTask): ProcessMessage {
  const { rows } = task.job;
  if (typeof rows === 'string' || 'kinds' in rows) return { kind: 'run', task };
  return { kind: 'run', task: { ...task, job: { ...task.job, rows: [] } }, rows: toBytes(rows) };
}

function startChild({ resourceLimits, env, execArgv }: ProcessHostOptions): ChildProcess {
  return fork(WORKER_URL, [], {
    execArgv: [...(execArgv ?? flagsForFiles(process.execArgv)), ...limitFlags(resourceLimits)],
    env: env ?? process.env,
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
  });
}

/** The limits of a thread as flags of a process. A young generation is three semi-spaces. */
function limitFlags(limits: ResourceLimits = {}): string[] {
  const { maxOldGenerationSizeMb, maxYoungGenerationSizeMb, stackSizeMb } = limits;
  const flags: string[] = [];
  if (maxOldGenerationSizeMb !== undefined)
    flags.push(`--max-old-space-size=${Math.ceil(maxOldGenerationSizeMb)}`);
  if (maxYoungGenerationSizeMb !== undefined) {
    flags.push(`--max-semi-space-size=${Math.ceil(maxYoungGenerationSizeMb / 3)}`);
  }
  if (stackSizeMb !== undefined) flags.push(`--stack-size=${Math.floor(stackSizeMb * 1_000)}`);
  return flags;
}

function endOf(code: number | null, signal: NodeJS.Signals | null): Error {
  if (signal === null) return new Error(`worker process exited with code: ${String(code)}`);
  const hint = signal === 'SIGABRT' ? ' (out of memory, or process.abort)' : '';
  return new Error(`worker process was ended by ${signal}${hint}`);
}

/** The slice as a thread would have returned it. */
function withEnds(slice: SliceReturn, ends: readonly RowEnd[]): SliceReturn {
  return {
    ...slice,
    outputs: ends.map(({ output }) => output?.snapshot),
    others: ends.flatMap(({ other }, position) => (other === undefined ? [] : [[position, other] as const])),
    times: Float64Array.from(ends.flatMap(({ startedAt, finishedAt }) => [startedAt, finishedAt])),
  };
}
