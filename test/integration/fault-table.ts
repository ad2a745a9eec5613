import type { RowErrorCode } from '../../src/index.ts';
import type { FaultName } from '../workers/faulty-transform.ts';

export type Isolation = 'thread' | 'process';

/** What a row with a fault must come to. */
export interface Expected {
  /** `ok`: the row has the result `value`. */
  readonly code: RowErrorCode | 'ok';
  readonly value?: unknown;
  readonly message?: RegExp;
  readonly error?: object;
  /** Default 1. */
  readonly attempts?: number;
  /** The fault happens on so many attempts. Default: on all. */
  readonly times?: number;
  /** Whether a warning names the row. */
  readonly warns?: boolean;
  /** What a warning says that it has changed: at the latest when more rows run. */
  readonly changes?: string;
  /** Needs `attemptTimeoutMs`. */
  readonly timed?: true;
  /** Only where the worker can contain it. Default: both. */
  readonly isolation?: Isolation;
}

/** As often as `maxRowCrashes` says. */
const LOST = {
  code: 'worker_lost',
  attempts: 2,
  message: /^Worker was lost while it ran the row: /,
} as const;
/** A thread would take the whole process with it. */
const crashed = (signal: NodeJS.Signals): Expected => ({
  ...LOST,
  message: new RegExp(`^Worker was lost while it ran the row: worker process was ended by ${signal}$`),
  isolation: 'process',
});
const TIMED_OUT = {
  code: 'attempt_timeout',
  message: /^Attempt ran longer than attemptTimeoutMs/,
  timed: true,
} as const;
const CANNOT_LEAVE = /^Result of the transform can not leave the worker: /;

const failed = (message: RegExp, error: object = {}): Expected => ({
  code: 'transform_error',
  message,
  error,
});

export const FAULT_TABLE: Readonly<Record<FaultName, Expected | ((isolation: Isolation) => Expected)>> = {
  loop: TIMED_OUT,
  regex: TIMED_OUT,
  'native code': TIMED_OUT,
  'never settles': TIMED_OUT,
  'getter that hangs': TIMED_OUT,

  'exit 0': LOST,
  'exit 1': LOST,
  'exit later': LOST,
  'getter of a result that exits': LOST,
  'getter of a rejection that exits': LOST,
  abort: (isolation) => (isolation === 'process' ? LOST : failed(/process\.abort\(\) is not supported/)),
  'many objects': LOST,
  'growth by push': { ...LOST, isolation: 'process' },
  'one giant allocation': { ...LOST, isolation: 'process' },
  'wild pointer': crashed('SIGSEGV'),
  'trap in native code': crashed('SIGTRAP'),
  'segmentation fault': crashed('SIGSEGV'),

  'timer throws while the row runs': failed(/^from its timer$/),
  'rejection while the row runs': failed(/^from its rejection$/),
  'event handler throws while the row runs': failed(/^from its handler$/),
  'timer throws after the row': { code: 'ok', value: 'done', warns: true },
  'rejection after the row': { code: 'ok', value: 'done', warns: true },
  'second resolve': { code: 'ok', value: 'first' },
  'megabytes on the console': { code: 'ok', value: 'printed' },
  'changes directory': failed(/process\.chdir\(\) is not supported/),
  'changes the mask of files': failed(/process\.umask\(\) is not supported/),
  'leaves a global': { code: 'ok', value: 'left', changes: 'globalThis.leftGlobal' },
  'exchanges a method': { code: 'ok', value: 'exchanged', changes: 'String.prototype.trimEnd' },
  'leaves a listener on process': {
    code: 'ok',
    value: 'listens',
    changes: "process.on('uncaughtExceptionMonitor')",
  },
  'removes all listeners from process': {
    code: 'ok',
    value: 'removed',
    changes: "process.off('unhandledRejection')",
  },

  'function as result': failed(CANNOT_LEAVE),
  'symbol as result': failed(CANNOT_LEAVE),
  'proxy as result': { code: 'ok', value: { proxy: { shown: [1] } } },
  'revoked proxy as result': failed(/proxy that has been revoked/),
  'private state as result': { code: 'ok', value: { shown: 2 } },
  'getter that throws as result': failed(/no value for you/),
  'toJSON that throws as result': failed(CANNOT_LEAVE),
  'detached buffer as result': failed(CANNOT_LEAVE),

  refused: { code: 'ok', value: 30, attempts: 2, times: 1 },

  'throws null': failed(/null/, { details: null }),
  'throws undefined': failed(/undefined/),
  'throws 0': failed(/0/, { details: 0 }),
  'throws a frozen error': failed(/^frozen$/),
  'throws an error without a message to read': failed(/can not be read/),
  'throws a circular cause': failed(/^outer$/, { cause: { message: 'inner' } }),
  'throws a class with fields': failed(/^too many$/, {
    name: 'QuotaError',
    details: { limit: 5, who: { id: 7 } },
  }),
  'throws an AggregateError': failed(/^both$/, {
    details: { errors: [{ message: 'one' }, { message: 'two' }] },
  }),
  'throws an error of another realm': failed(/^foreign$/, { name: 'TypeError' }),
};
