/** Rows name what the transform throws, sync or as a rejection, or which value it returns that can't leave a thread. */

function withOwnProperties(): Error {
  return Object.assign(new Error('service failed'), { code: 'E_SERVICE', retries: 3, nested: { a: [1, 2] } });
}

function withCircle(): Record<string, unknown> {
  const circular: Record<string, unknown> = { reason: 'round' };
  circular['self'] = circular;
  return circular;
}

function withOwnCause(): Error {
  const error = new Error('its own cause');
  error.cause = error;
  return error;
}

function withThrowingMessage(): Error {
  return Object.defineProperty(new Error('hidden'), 'message', {
    get: () => {
      throw new Error('the message can not be read');
    },
  });
}

const hostile = new Proxy(
  {},
  Object.fromEntries(
    ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor'].map((trap) => [
      trap,
      () => {
        throw new Error('no');
      },
    ]),
  ),
);

export const THROWN = {
  TypeError: () => new TypeError('bad type'),
  string: () => 'just text',
  null: () => null,
  undefined: () => undefined,
  number: () => 42,
  bigint: () => 42n,
  symbol: () => Symbol('why'),
  function: () => function named() {},
  'frozen object': () => Object.freeze({ reason: 'cold' }),
  'frozen error': () => Object.freeze(new Error('cold')),
  'circular object': withCircle,
  'own properties': withOwnProperties,
  'uncloneable property': () => Object.assign(new Error('has a function'), { callback: () => 1, kept: 7 }),
  cause: () => new Error('outer', { cause: new RangeError('inner', { cause: 'root' }) }),
  'its own cause': withOwnCause,
  'throwing message': withThrowingMessage,
  aggregate: () => new AggregateError([new Error('first'), 'second'], 'several'),
  proxy: () => hostile,
} as const;

export const RETURNED = {
  function: () => () => 1,
  symbol: () => Symbol('result'),
  'function inside': () => ({ list: [1, { callback: () => 1 }] }),
  promise: () => ({ promise: Promise.resolve(1) }),
  'throwing getter': () => ({
    get value(): number {
      throw new Error('getter failed');
    },
  }),
  proxy: () => hostile,
} as const;

export type ThrowingRow =
  | { readonly throws: keyof typeof THROWN; readonly rejects?: boolean }
  | { readonly returns: keyof typeof RETURNED }
  | number;

export default function throwing(row: ThrowingRow): unknown {
  if (typeof row !== 'object') return row;
  if ('returns' in row) return RETURNED[row.returns]();
  if (row.rejects === true) return Promise.reject(THROWN[row.throws]());
  throw THROWN[row.throws]();
}
