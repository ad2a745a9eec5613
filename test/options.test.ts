import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AimdThrottle } from '../src/core/throttle/aimd-throttle.ts';
import { createExecutor, MemoryAuditTrail, type PooledExecutorOptions } from '../src/index.ts';
import {
  checkBatchOptions,
  checkStreamOptions,
  recordedOptions,
  resolveOptions,
  resolveThrottleOptions,
  type ResolvedOptions,
} from '../src/options.ts';
import { runs } from './helpers/runs.ts';
import { DEFAULTS, ThrottledPool } from './helpers/throttled-pool.ts';

const transform = (row: unknown) => row;

/** Options as a user without types could write them. */
function construct(options: Record<string, unknown>): void {
  createExecutor({ transform: 'transform.js', ...options });
}

function resolve(options: Record<string, unknown>): ResolvedOptions {
  return resolveOptions({ transform: 'transform.js', ...options });
}

/** The message of the TypeError that a function must throw. */
function messageOf(act: () => void): string {
  try {
    act();
  } catch (reason) {
    expect(reason).toBeInstanceOf(TypeError);
    return (reason as TypeError).message;
  }
  throw new Error('Nothing was thrown');
}

/** Repeated refusals of a row, with or without another that waits: no delay is 0, and no wait is below 1 ms. */
function checkI9(resolved: ResolvedOptions, others: number): void {
  const law = new AimdThrottle(resolved);
  const pool = new ThrottledPool(law, 1 + others);
  pool.waitingCount = others;
  const [waits, delays]: [number[], number[]] = [[], []];
  for (let refusals = 0; refusals < 40; refusals++) {
    waits.push(pool.refuse(pool.dispatch(refusals, { refusals }), refusals));
    delays.push(law.currentDelayMs);
  }
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(1);
  expect(Math.max(...waits)).toBeLessThanOrEqual(Math.max(1, resolved.maxDispatchDelayMs));
  expect(Math.min(...delays)).toBeGreaterThan(0);
  expect(Math.max(...delays)).toBeLessThanOrEqual(resolved.maxDispatchDelayMs);
}

const throttle = new AimdThrottle(DEFAULTS);

/** For each option: what it must be, values it takes, and values it refuses. */
const OPTIONS: Record<string, { rule: string; takes: unknown[]; refuses: unknown[] }> = {
  transform: {
    rule: 'a URL, a non-empty path or a function',
    takes: [transform, 'transform.js', new URL('file:///transform.js')],
    refuses: ['', 5, null, undefined, {}, [], true],
  },
  exportName: {
    rule: 'a non-empty string',
    takes: ['score', ' '],
    refuses: ['', 0, null, Symbol('s'), ['a']],
  },
  poolSize: {
    rule: 'a positive integer of at most 4096',
    takes: [1, 2, 4_096],
    refuses: [0, -0, -1, 1.5, NaN, Infinity, -Infinity, '5', null, true, [1], 1n, 4_097, 2 ** 53],
  },
  threads: {
    rule: 'a positive integer of at most 4096',
    takes: [1],
    refuses: [0, -1, 0.5, NaN, Infinity, '1', null, false, 4_097],
  },
  minDispatchDelayMs: {
    rule: 'a finite number of ms, 0 or more',
    takes: [0, -0, 0.5, 1, 5_000],
    refuses: [-1, -0.001, NaN, Infinity, '5', null, [], 5n],
  },
  maxDispatchDelayMs: {
    rule: 'a finite number of ms above 0',
    takes: [0.001, 1, 1e9],
    refuses: [0, -0, -1, NaN, Infinity, '5', null, 5n],
  },
  backoffMultiplier: {
    rule: 'a finite number above 1',
    takes: [1.0001, 2, 1e300],
    refuses: [1, 0.5, 0, -2, NaN, Infinity, '2', null],
  },
  recoveryStepMs: {
    rule: 'a finite number of ms, 0 or more',
    takes: [0.001, 1, 1e9],
    refuses: [-1, NaN, Infinity, '50', null],
  },
  maxCapacityRetryMs: {
    rule: 'a number of ms above 0',
    takes: [0.001, 1, Infinity],
    refuses: [0, -1, -Infinity, NaN, '5', null],
  },
  attemptTimeoutMs: {
    rule: 'a finite number of ms above 0',
    takes: [0.001, 1, undefined],
    refuses: [0, -1, Infinity, NaN, '5', null],
  },
  loadTimeoutMs: {
    rule: 'a number of ms above 0',
    takes: [0.5, 1, 600_000, Infinity],
    refuses: [0, -1, NaN, '5', null],
  },
  maxRowCrashes: {
    rule: 'a positive integer',
    takes: [1, 2, Number.MAX_SAFE_INTEGER],
    refuses: [0, -1, 1.5, NaN, Infinity, 2 ** 53, '2', null],
  },
  sliceSize: {
    rule: "'auto' or a positive integer",
    takes: ['auto', 1, 1_000],
    refuses: [0, -1, 1.5, NaN, Infinity, 'Auto', '', '5', null],
  },
  isolation: {
    rule: "'thread' or 'process'",
    takes: ['thread', 'process'],
    refuses: ['', 'Thread', null, true],
  },
  watchGlobals: {
    rule: "'sampled', 'each-row' or 'off'",
    takes: ['sampled', 'each-row', 'off'],
    refuses: ['', 'each', null, true],
  },
  recycleAfterRows: {
    rule: 'a positive integer',
    takes: [1, 1_000, Number.MAX_SAFE_INTEGER],
    refuses: [0, -1, 1.5, NaN, Infinity, 2 ** 53, '5', null],
  },
  recycleAfterHeapMb: {
    rule: 'a finite number of MB above 0',
    takes: [0.5, 1, 4_096],
    refuses: [0, -0, -1, NaN, Infinity, '64', null, 64n],
  },
  throttle: {
    rule: 'a throttle',
    takes: [throttle],
    refuses: [null, {}, [], 5, () => 1, { limit: () => 1 }],
  },
  audit: {
    rule: 'an audit trail (append and close)',
    takes: [new MemoryAuditTrail()],
    refuses: [null, {}, 'trail.db', { append: () => 1 }, { close: () => 1 }, { append: 1, close: 1 }],
  },
  resourceLimits: {
    rule: 'an object',
    takes: [{}, { maxOldGenerationSizeMb: 64 }],
    refuses: [null, 64, '64', () => 1],
  },
  workerData: { rule: 'anything', takes: [undefined, null, 0, '', { a: 1 }], refuses: [] },
  env: { rule: 'an object', takes: [{}, { A: '1', B: '' }, process.env], refuses: [null, 'A=1', 1] },
  execArgv: {
    rule: 'an array of strings',
    takes: [[], ['--no-warnings']],
    refuses: [null, '--no-warnings', [1], ['a', undefined], {}],
  },
};

const cases = (list: 'takes' | 'refuses') =>
  Object.entries(OPTIONS).flatMap(([name, option]) =>
    option[list].map((value): [string, unknown, string] => [name, value, option.rule]),
  );

describe('executor options: each', () => {
  test.each(cases('takes'))('%s: %s is taken', (name, value) => {
    const more = name === 'recoveryStepMs' || name === 'minDispatchDelayMs' ? {} : { poolSize: 2 };
    expect(() => {
      construct({ ...more, [name]: value });
    }).not.toThrow();
    if (value !== undefined && name !== 'transform')
      expect(resolve({ ...more, [name]: value })).toHaveProperty(name, value);
  });

  test.each(cases('refuses'))('%s: %s is refused with the rule', (name, value, rule) => {
    const message = messageOf(() => {
      construct({ [name]: value });
    });
    expect(message.startsWith(`Cannot create executor as '${name}' must be ${rule}: received `)).toBe(true);
  });

  test.each(Object.keys(OPTIONS).filter((name) => name !== 'transform'))(
    '%s: undefined is its default',
    (name) => {
      expect(resolve({ [name]: undefined })).toEqual(resolve({}));
    },
  );

  test.each([
    [{ backoffMultiplier: NaN }, "'backoffMultiplier' must be a finite number above 1: received NaN"],
    [{ poolSize: '5' }, "'poolSize' must be a positive integer of at most 4096: received '5'"],
    [{ poolSize: -0 }, "'poolSize' must be a positive integer of at most 4096: received -0"],
    [{ audit: null }, "'audit' must be an audit trail (append and close): received null"],
    [{ throttle: { a: { b: 1 } } }, "'throttle' must be a throttle: received { a: [Object] }"],
    [
      { transform: undefined },
      "'transform' must be a URL, a non-empty path or a function: received undefined",
    ],
    [{ exportName: '' }, "'exportName' must be a non-empty string: received ''"],
    [
      { resourceLimits: { maxOldGenerationSizeMb: '64' } },
      "'resourceLimits.maxOldGenerationSizeMb' must be a finite number of MB above 0: received '64'",
    ],
    [
      { resourceLimits: { stackSizeMb: -4 } },
      "'resourceLimits.stackSizeMb' must be a finite number of MB above 0: received -4",
    ],
    [{ resourceLimits: { maxHeapMb: 64 } }, "'resourceLimits.maxHeapMb' is not an option: received 64"],
    [{ env: { PORT: 8080 } }, "'env.PORT' must be a string: received 8080"],
    [{ poolsize: 5 }, "'poolsize' is not an option: received 5"],
    [{ window: undefined }, "'window' is not an option: received undefined"],
  ])('%o: the message names option, rule and value', (options, message) => {
    expect(() => {
      construct(options);
    }).toThrow(new TypeError(`Cannot create executor as ${message}`));
  });

  test('transform must be given', () => {
    expect(() => resolveOptions({} as PooledExecutorOptions)).toThrow(
      new TypeError("Cannot create executor as 'transform' must be given: received undefined"),
    );
  });

  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [5, '5'],
    ['x', "'x'"],
    [[], '[]'],
    [transform, '[Function: transform]'],
  ])('options that are %s are refused', (options, shown) => {
    expect(() => createExecutor(options as unknown as PooledExecutorOptions)).toThrow(
      new TypeError(`Cannot create executor as its options must be an object: received ${shown}`),
    );
  });

  test.each(['constructor', 'toString', 'hasOwnProperty', '__proto__'])(
    'an option called %s, which every object has, is not an option either',
    (name) => {
      const options = Object.defineProperty({ transform }, name, { value: 1, enumerable: true });
      expect(() => createExecutor(options)).toThrow(`Cannot create executor as '${name}' is not an option`);
    },
  );

  test('an option that is inherited is an option', () => {
    const options = Object.assign(Object.create({ poolSize: 0 }) as object, { transform });
    expect(() => createExecutor(options)).toThrow(
      "Cannot create executor as 'poolSize' must be a positive integer of at most 4096: received 0",
    );
  });

  test('a variable of the environment that is undefined is not set', () => {
    expect(resolve({ env: { A: '1', B: undefined } }).env).toStrictEqual({ A: '1' });
  });

  test('a long value is shortened in the message', () => {
    const message = messageOf(() => {
      construct({ poolSize: 'x'.repeat(10_000) });
    });
    expect(message).toContain("'poolSize' must be");
    expect(message.length).toBeLessThan(250);
  });

  test('any values for any options are taken, and I9 holds, or refused with the name of an option', () => {
    const value = fc.oneof(
      fc.constantFrom<unknown>(0, -0, -1, 1, NaN, Infinity, -Infinity, '5', '', null, true, [], {}),
      fc.double(),
      fc.integer(),
      fc.anything({
        withBigInt: true,
        withNullPrototype: true,
        withDate: true,
        withMap: true,
        withSet: true,
      }),
    );
    const names = Object.keys(OPTIONS);
    const delays = names.filter((name) => name in DEFAULTS);
    const option = fc.oneof(fc.constantFrom(...names), fc.constantFrom(...delays)).chain((name) => {
      const taken = fc.constantFrom(...OPTIONS[name]!.takes);
      return fc.tuple(fc.constant(name), fc.oneof({ weight: 3, arbitrary: taken }, value));
    });
    const outcomes = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(fc.array(option, { minLength: 1, maxLength: 6 }), fc.nat(1), (list, others) => {
        const given = Object.fromEntries(list);
        let resolved: ResolvedOptions;
        try {
          resolved = resolve(given);
        } catch (reason) {
          outcomes.refused++;
          expect(reason).toBeInstanceOf(TypeError);
          // of an object, it can be one of its properties
          const rule = /^Cannot create executor as '([^.']*).*' (must |is not an option)/s;
          expect(Object.keys(given)).toContain(rule.exec((reason as Error).message)?.[1]);
          return;
        }
        outcomes.taken++;
        checkI9(resolved, others);
      }),
      { numRuns: runs(600, 5_000) },
    );
    expect(Math.min(outcomes.taken, outcomes.refused)).toBeGreaterThan(100);
  });

  test('any other name is refused with that name', () => {
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom('poolsize', 'window', 'signal', 'pool_size', 'timeout'),
    );
    fc.assert(
      fc.property(
        name.filter((text) => !(text in OPTIONS)),
        (text) => {
          expect(() => {
            construct(Object.fromEntries([[text, 1]]));
          }).toThrow(`Cannot create executor as '${text}' is not an option: received 1`);
        },
      ),
    );
  });
});

describe('executor options: together', () => {
  test('threads above poolSize are refused, up to it they are taken', () => {
    expect(() => resolve({ poolSize: 2, threads: 3 })).toThrow(
      new TypeError("Cannot create executor as 'threads' must not be above poolSize (2): received 3"),
    );
    expect(resolve({ poolSize: 2, threads: 2 })).toMatchObject({ poolSize: 2, threads: 2 });
    expect(() => resolve({ threads: 4_096 })).toThrow(
      /'threads' must not be above poolSize \(\d+\): received 4096$/,
    );
  });

  test('a least delay above the most is refused, also above the default most; equal ones are taken', () => {
    expect(() => resolve({ minDispatchDelayMs: 11, maxDispatchDelayMs: 10 })).toThrow(
      new TypeError(
        "Cannot create executor as 'minDispatchDelayMs' must not be above maxDispatchDelayMs (10): received 11",
      ),
    );
    expect(() => resolve({ minDispatchDelayMs: 5_001 })).toThrow(
      'must not be above maxDispatchDelayMs (5000): received 5001',
    );
    expect(resolve({ minDispatchDelayMs: 10, maxDispatchDelayMs: 10 })).toMatchObject({
      minDispatchDelayMs: 10,
    });
  });

  test.each([0, -0])(
    'I9 a recovery step of %s is refused unless there is a least delay',
    (recoveryStepMs) => {
      const message =
        "Cannot create executor as 'recoveryStepMs' must be above 0 when minDispatchDelayMs is 0: received ";
      expect(() => resolve({ recoveryStepMs })).toThrow(TypeError);
      expect(() => resolve({ recoveryStepMs })).toThrow(message);
      expect(() => resolve({ recoveryStepMs, minDispatchDelayMs: 0 })).toThrow(message);
      expect(resolve({ recoveryStepMs, minDispatchDelayMs: 0.1 })).toMatchObject({ minDispatchDelayMs: 0.1 });
    },
  );

  test('I9 whatever is taken: repeated refusals never lead to a delay of 0 nor to a wait below 1 ms', () => {
    const number = fc.oneof(
      fc.constantFrom(0, 1, 50, 5_000, 5e-324, 1e300),
      fc.double({ min: 0, noNaN: true }),
      fc.double({ min: 0, max: 100, noNaN: true }),
    );
    const given = fc.record(
      {
        minDispatchDelayMs: number,
        maxDispatchDelayMs: number,
        backoffMultiplier: number,
        recoveryStepMs: number,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(given, fc.nat(1), (options, others) => {
        let resolved: ResolvedOptions;
        try {
          resolved = resolve(options);
        } catch (reason) {
          fc.pre(!(reason instanceof TypeError)); // refused: nothing to hold
          throw reason;
        }
        checkI9(resolved, others);
      }),
      { numRuns: 300 },
    );
  });
});

describe('resolveOptions', () => {
  test('defaults', () => {
    expect(resolveOptions({ transform })).toEqual({
      transform: { fn: transform },
      exportName: 'default',
      poolSize: availableParallelism(),
      threads: availableParallelism(),
      minDispatchDelayMs: 0,
      maxDispatchDelayMs: 5_000,
      backoffMultiplier: 2,
      recoveryStepMs: 50,
      maxCapacityRetryMs: 3_600_000,
      attemptTimeoutMs: undefined,
      loadTimeoutMs: 300_000,
      maxRowCrashes: 2,
      sliceSize: 'auto',
      isolation: 'thread',
      watchGlobals: 'sampled',
      throttle: undefined,
      audit: undefined,
      resourceLimits: undefined,
      workerData: undefined,
      env: undefined,
      execArgv: undefined,
    });
  });

  test('an attempt may take as long as a timer can be, whatever more is asked for', () => {
    expect(resolveOptions({ transform, attemptTimeoutMs: 3e9 }).attemptTimeoutMs).toBe(2 ** 31 - 1);
    expect(resolveOptions({ transform, attemptTimeoutMs: 50 }).attemptTimeoutMs).toBe(50);
  });

  test.each(['thread', 'process'] as const)(
    'workerData that can not be cloned is refused at once, with what can not be: %s',
    (isolation) => {
      const workerData = { table: [1], find: () => 1 };
      expect(messageOf(() => construct({ workerData, isolation }))).toMatch(
        /^Cannot create executor as 'workerData' must be what can be cloned into a worker \(\(\) => 1 could not be cloned\.\): received \{/,
      );
      expect(() => construct({ transform, workerData })).not.toThrow(); // a function gets it as it is
    },
  );

  test('workerData that processes can not share is fine for threads', () => {
    const workerData = new SharedArrayBuffer(8);
    expect(() => construct({ workerData })).not.toThrow();
    expect(messageOf(() => construct({ workerData, isolation: 'process' }))).toContain(
      "'workerData' must be",
    );
  });

  test.each([
    { exportName: 'score' },
    { isolation: 'process' },
    { isolation: 'thread' },
    { watchGlobals: 'each-row' },
    { recycleAfterRows: 5 },
    { recycleAfterHeapMb: 5 },
    { resourceLimits: {} },
    { env: {} },
    { execArgv: [] },
  ])('a function has no workers: %j is refused', (options) => {
    expect(messageOf(() => construct({ transform, ...options }))).toContain(
      `Cannot create executor as '${Object.keys(options).join('')}' must not be given with a function`,
    );
  });

  test('threads: as many as poolSize', () => {
    expect(resolve({ poolSize: 7 }).threads).toBe(7);
  });

  test.each([
    [new URL('file:///a%20b.js'), 'file:///a%20b.js'],
    ['file:///a.js', 'file:///a.js'],
    ['data:text/javascript,export default 1', 'data:text/javascript,export default 1'],
    ['/abs/a b.js', 'file:///abs/a%20b.js'],
    ['/abs/a#b.js', 'file:///abs/a%23b.js'],
    ['lib/a.js', `${pathToFileURL(process.cwd()).href}/lib/a.js`],
    ['./a.js', `${pathToFileURL(process.cwd()).href}/a.js`],
    ['filed.js', `${pathToFileURL(process.cwd()).href}/filed.js`],
    ['a/file:b.js', `${pathToFileURL(process.cwd()).href}/a/file:b.js`],
  ])('transform: %s becomes a URL', (given, url) => {
    expect(resolve({ transform: given }).transform).toEqual({ url });
  });

  test('transform: a function is kept', () => {
    expect(resolve({ transform }).transform).toEqual({ fn: transform });
  });
});

describe('recordedOptions', () => {
  test('plain data that says how rows were run: no code, no data of the user, no environment', () => {
    const recorded = recordedOptions(
      resolve({
        audit: new MemoryAuditTrail(),
        throttle,
        workerData: { secret: 1 },
        env: { TOKEN: 'x' },
        poolSize: 3,
      }),
    );
    expect(recorded).toMatchObject({
      poolSize: 3,
      threads: 3,
      sliceSize: 'auto',
      maxCapacityRetryMs: 3_600_000,
    });
    for (const name of ['transform', 'throttle', 'audit', 'workerData', 'env'])
      expect(recorded).not.toHaveProperty(name);
    expect(structuredClone(recorded)).toEqual(recorded);
  });
});

describe('checkBatchOptions and checkStreamOptions', () => {
  const BATCH: Record<string, { rule: string; takes: unknown[]; refuses: unknown[] }> = {
    signal: {
      rule: 'an AbortSignal',
      takes: [new AbortController().signal],
      refuses: [null, {}, 5, new AbortController()],
    },
    runId: { rule: 'a non-empty string', takes: ['r'], refuses: ['', null, 5] },
    onProgress: { rule: 'a function', takes: [() => undefined], refuses: [null, 'log', {}] },
  };

  test.each([
    ['start batch', checkBatchOptions],
    ['start stream', checkStreamOptions],
  ])('%s: each option, undefined, and no other', (action, check) => {
    const given = (options: unknown) => () => {
      check(options as never);
    };
    expect(given({})).not.toThrow();
    for (const [name, { rule, takes, refuses }] of Object.entries(BATCH)) {
      for (const value of [...takes, undefined]) expect(given({ [name]: value })).not.toThrow();
      for (const value of refuses)
        expect(given({ [name]: value })).toThrow(`Cannot ${action} as '${name}' must be ${rule}: received `);
    }
    expect(given({ poolSize: 5 })).toThrow(
      new TypeError(`Cannot ${action} as 'poolSize' is not an option: received 5`),
    );
    expect(given(null)).toThrow(
      new TypeError(`Cannot ${action} as its options must be an object: received null`),
    );
  });

  test('window: a positive integer, for streams alone', () => {
    for (const window of [1, 100_000, undefined]) {
      expect(() => {
        checkStreamOptions({ window });
      }).not.toThrow();
    }
    for (const window of [0, -1, 1.5, NaN, Infinity, '5', null]) {
      expect(() => {
        checkStreamOptions({ window: window as number });
      }).toThrow(`Cannot start stream as 'window' must be a positive integer: received `);
    }
    expect(() => {
      checkBatchOptions({ window: 5 } as object);
    }).toThrow("Cannot start batch as 'window' is not an option: received 5");
  });
});

describe('resolveThrottleOptions', () => {
  test('the same rules and defaults as for an executor', () => {
    expect(resolveThrottleOptions({})).toEqual({
      minDispatchDelayMs: 0,
      maxDispatchDelayMs: 5_000,
      backoffMultiplier: 2,
      recoveryStepMs: 50,
    });
    expect(resolveThrottleOptions({ minDispatchDelayMs: 10, recoveryStepMs: 0 })).toMatchObject({
      recoveryStepMs: 0,
    });
    const refusals: [object, string][] = [
      [{ backoffMultiplier: 1 }, "'backoffMultiplier' must be a finite number above 1: received 1"],
      [{ recoveryStepMs: 0 }, "'recoveryStepMs' must be above 0 when minDispatchDelayMs is 0: received 0"],
      [
        { minDispatchDelayMs: 6_000 },
        "'minDispatchDelayMs' must not be above maxDispatchDelayMs (5000): received 6000",
      ],
      [{ poolSize: 1 }, "'poolSize' is not an option: received 1"],
    ];
    for (const [options, message] of refusals) {
      expect(() => resolveThrottleOptions(options)).toThrow(
        new TypeError(`Cannot create throttle as ${message}`),
      );
    }
  });
});
