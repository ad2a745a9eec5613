import { workerData } from 'node:worker_threads';

const loop = {};
loop.loop = loop;

/** One case per way for a transform to end, chosen by `row.case`. */
const cases = {
  value: (row) => row.value,
  nothing: () => undefined,
  bigint: () => 10n,
  circular: () => loop,
  function: () => () => 1,
  symbol: () => Symbol('s'),
  map: () => new Map([['a', 1]]),
  set: () => new Set([1]),
  mapInside: () => ({ id: 1, counts: new Map() }),
  setInside: () => Promise.resolve([{ tags: new Set([1]) }]),
  generator: function* () {
    yield 1;
  },
  asyncGenerator: async function* () {
    yield await 1;
  },
  promiseInside: () => ({ id: 1, score: Promise.resolve(1) }),
  errorInside: () => ({ id: 1, error: new Error('lost') }),
  empty: () => ({
    id: '{}',
    none: {},
    list: [],
    error: Object.assign(new Error('told'), { code: 'TOLD' }),
    own: new (class extends Map {
      toJSON() {
        return {};
      }
    })(),
  }),
  promise: (row) => Promise.resolve(row.value),
  rejects: () => Promise.reject(new RangeError('too far')),
  throws: () => {
    throw Object.assign(new TypeError('wrong', { cause: new Error('deep') }), { map: new Map([[1, 2n]]) });
  },
  throwsNull: () => {
    throw null;
  },
  context: (_row, context) => ({
    stateId: context.stateId,
    rowIndex: context.rowIndex,
    attempt: context.attempt,
    aborted: context.signal.aborted,
    workerData: [context.workerData, workerData],
    env: process.env.CLI_TEST,
    execArgv: process.execArgv,
  }),
  logs: (row) => {
    console.log('logged', row.value);
    process.stdout.write('written\n');
    return row.value;
  },
  call: (_row, context) => context.call('add', 1, (one) => one + 1),
};

export default (row, context) => cases[row.case](row, context);
