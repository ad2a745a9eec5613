/** Rows say what goes wrong while they run, or behind them. Needs no shared memory, so that it runs in processes too. */
import { pbkdf2Sync } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import vm from 'node:vm';
import type { MaybePromise } from '../../src/core/transform.ts';
import { CapacityError, type TransformContext } from '../../src/index.ts';
import { fromTimer } from '../helpers/event-loop.ts';

export interface FaultyRow {
  readonly id: number;
  readonly fault?: FaultName;
  /** The fault happens on the attempts up to this one. Default: on all. */
  readonly times?: number;
  /** A folder in which the row waits for another one. */
  readonly meetIn?: string;
}

class Secretive {
  readonly #secret = 1;
  readonly shown = 2;
  get secret(): number {
    return this.#secret;
  }
}

class QuotaError extends Error {
  override readonly name = 'QuotaError';
  readonly limit = 5;
  readonly who = { id: 7 };
}

function raise(value: unknown): never {
  throw value;
}

function circularCause(): Error {
  const error = new Error('outer');
  error.cause = new Error('inner', { cause: error });
  return error;
}

function untellable(): Error {
  const error = new Error('never seen');
  Object.defineProperty(error, 'message', {
    get() {
      throw new Error('no message for you');
    },
  });
  return error;
}

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(8);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** Many small objects: on these a thread ends with an error that the process survives. */
function fillHeap(): never {
  const kept = new Map<number, object>();
  for (let key = 0; ; key++) kept.set(key % 50_000_000, { key, text: `object ${key}` });
}

function growByPush(): never {
  const list: number[] = [];
  for (;;) list.push(1.5);
}

function allocateAtOnce(): never {
  const kept: unknown[] = [];
  for (;;) kept.push(new Array<number>(1e8).fill(1.5));
}

/** Calls a function of V8 that scripts have no access to otherwise. It does not look at what it is given. */
function callNative(call: string): unknown {
  setFlagsFromString('--allow-natives-syntax');
  return vm.runInThisContext(call);
}

const FAULTS = {
  // takes too long
  loop: () => {
    for (;;);
  },
  regex: () => /^(a+)+$/.test(`${'a'.repeat(60)}!`),
  // some 2 s: on a machine twice as fast still longer than any time-out that the tests set
  'native code': () => pbkdf2Sync('password', 'salt', 5_000_000, 64, 'sha512'),
  'never settles': () => new Promise(() => undefined),
  'getter that hangs': () => ({
    get value(): never {
      for (;;);
    },
  }),
  // ends its worker
  'exit 0': () => process.exit(0),
  'exit 1': () => process.exit(1),
  'exit later': () => {
    fromTimer(() => process.exit(3));
    return new Promise(() => undefined);
  },
  'getter of a result that exits': () => ({
    get value(): never {
      return process.exit(4);
    },
  }),
  'getter of a rejection that exits': () =>
    Promise.reject(Object.defineProperty(new Error(), 'message', { get: () => process.exit(5) })),
  abort: () => process.abort(),
  'many objects': fillHeap,
  'growth by push': growByPush,
  'one giant allocation': allocateAtOnce,
  'wild pointer': () => callNative('%NewClosure(1, 2)'),
  'trap in native code': () => callNative('%SystemBreak()'),
  'segmentation fault': () => {
    process.kill(process.pid, 'SIGSEGV');
    return new Promise(() => undefined);
  },
  // hurts from behind
  'timer throws while the row runs': () => {
    fromTimer(() => raise(new Error('from its timer')));
    return new Promise(() => undefined);
  },
  'rejection while the row runs': () => {
    void Promise.reject(new Error('from its rejection'));
    return new Promise(() => undefined);
  },
  'event handler throws while the row runs': () => {
    const emitter = new EventEmitter().on('event', () => raise(new Error('from its handler')));
    fromTimer(() => emitter.emit('event'));
    return new Promise(() => undefined);
  },
  'timer throws after the row': () => {
    fromTimer(() => raise(new Error('left by a timer')));
    return 'done';
  },
  'rejection after the row': () => {
    void Promise.reject(new Error('left as a rejection'));
    return 'done';
  },
  'second resolve': () =>
    new Promise((resolve, reject) => {
      resolve('first');
      resolve('second');
      reject(new Error('third'));
    }),
  'megabytes on the console': () => {
    for (let line = 0; line < 2_000; line++) process.stderr.write(`${'.'.repeat(1_023)}\n`);
    return 'printed';
  },
  'changes directory': () => process.chdir('/'),
  'changes the mask of files': () => process.umask(0o077),
  'leaves a global': () => {
    (globalThis as { leftGlobal?: number }).leftGlobal = 1;
    return 'left';
  },
  'exchanges a method': () => {
    const { trimEnd } = String.prototype;
    String.prototype.trimEnd = function () {
      return trimEnd.call(this);
    };
    return 'exchanged';
  },
  'leaves a listener on process': () => {
    process.on('uncaughtExceptionMonitor', () => undefined);
    return 'listens';
  },
  'removes all listeners from process': () => {
    process.removeAllListeners('unhandledRejection');
    return 'removed';
  },
  // gives what can't leave
  'function as result': () => () => 1,
  'symbol as result': () => Symbol('s'),
  'proxy as result': () => ({ proxy: new Proxy({ shown: [1] }, {}) }),
  'revoked proxy as result': revokedProxy,
  'private state as result': () => new Secretive(),
  'getter that throws as result': () => ({
    get value(): never {
      throw new Error('no value for you');
    },
  }),
  'toJSON that throws as result': () => ({ toJSON: () => raise(new Error('no JSON for you')) }),
  'detached buffer as result': detached,
  // is told to come back later
  refused: () => raise(new CapacityError(503)),
  // throws anything
  'throws null': () => raise(null),
  'throws undefined': () => raise(undefined),
  'throws 0': () => raise(0),
  'throws a frozen error': () => raise(Object.freeze(new Error('frozen'))),
  'throws an error without a message to read': () => raise(untellable()),
  'throws a circular cause': () => raise(circularCause()),
  'throws a class with fields': () => raise(new QuotaError('too many')),
  'throws an AggregateError': () => raise(new AggregateError([new Error('one'), new Error('two')], 'both')),
  'throws an error of another realm': () => vm.runInNewContext("throw new TypeError('foreign')") as unknown,
} satisfies Record<string, () => unknown>;

export type FaultName = keyof typeof FAULTS;

export default function faulty(row: FaultyRow, { attempt }: TransformContext): MaybePromise<unknown> {
  if (typeof row !== 'object') return row;
  const { id, fault, times = Infinity } = row;
  return fault === undefined || attempt > times ? id * 10 : FAULTS[fault]();
}

/**
 * Rows without a fault wait for the event loop, so that what others left behind comes up meanwhile, or until two rows
 * have come as far as this.
 */
export async function faultyAsync(row: FaultyRow, context: TransformContext): Promise<unknown> {
  const { id, fault, meetIn } = row;
  if (meetIn !== undefined) writeFileSync(join(meetIn, `${id}`), '');
  if (fault === undefined) {
    do await new Promise<void>(fromTimer);
    while (meetIn !== undefined && readdirSync(meetIn).length < 2);
  }
  return faulty(row, context);
}
