import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  describeThrown,
  isRetryable,
  messageOf,
  type RowError,
  type RowErrorCode,
} from '../../src/core/row-error.ts';

const refuse = () => {
  throw new Error('no');
};

/** A proxy of which every trap throws. */
const hostileProxy = (target: object) =>
  new Proxy(target, Object.fromEntries(Object.getOwnPropertyNames(Reflect).map((trap) => [trap, refuse])));

function revokedProxy(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

const hostileValues: [string, () => unknown][] = [
  ['a proxy of an object whose traps throw', () => hostileProxy({})],
  ['a proxy of an error whose traps throw', () => hostileProxy(new Error('x'))],
  ['a proxy of a function whose traps throw', () => hostileProxy(() => 1)],
  ['a proxy of a list whose traps throw', () => hostileProxy([])],
  ['a revoked proxy of an object', () => revokedProxy({})],
  ['a revoked proxy of a list', () => revokedProxy([])],
  ['a revoked proxy of a function', () => revokedProxy(() => 1)],
  ['a proxy that throws when it is read', () => new Proxy({}, { get: refuse })],
  ['a proxy of an error that can not be listed', () => new Proxy(new Error('x'), { ownKeys: refuse })],
  ['a proxy of an error that can not be read', () => new Proxy(new Error('x'), { get: refuse })],
  ['an object that can not be named', () => ({ toString: refuse, get [Symbol.toStringTag]() { return refuse(); } })], // prettier-ignore
  [
    'an object whose properties throw',
    () => Object.defineProperty({}, 'a', { get: refuse, enumerable: true }),
  ],
];

/** The chain of causes, from the error itself. */
function chainOf(error: RowError): RowError[] {
  return error.cause === undefined ? [error] : [error, ...chainOf(error.cause)];
}

function messagesOf(error: RowError): string[] {
  return chainOf(error).map(({ message }) => message);
}

/** Errors message-0, message-1 ..., each the cause of the one before. */
function causesOf(count: number): Error {
  let error: Error | undefined;
  for (let index = count - 1; index >= 0; index--) {
    error = new Error(`message-${index}`, error === undefined ? {} : { cause: error });
  }
  return error!;
}

describe('isRetryable', () => {
  test.each<[RowErrorCode, boolean]>([
    ['transform_error', false],
    ['rejected', false],
    ['capacity_retry_timeout', true],
    ['attempt_timeout', false],
    ['worker_lost', false],
    ['shutdown_requested', true],
    ['aborted', true],
  ])('%s: %s', (code, retryable) => {
    expect(isRetryable(code)).toBe(retryable);
  });
});

describe('describeThrown: errors', () => {
  test('name, message and stack; nothing that is not there', () => {
    const error = new RangeError('too far');
    expect(describeThrown(error)).toStrictEqual({
      code: 'transform_error',
      message: 'too far',
      name: 'RangeError',
      stack: error.stack,
    });
  });

  test('the code is the given one, in causes too', () => {
    const described = describeThrown(causesOf(2), 'worker_lost');
    expect(chainOf(described).map(({ code }) => code)).toEqual(['worker_lost', 'worker_lost']);
  });

  test('own properties are the details, in order, without what has a place of its own', () => {
    const error = Object.assign(new Error('x', { cause: 'c' }), {
      path: '/a',
      code: 'ENOENT',
      list: [1, { a: null }],
      name: 'Own',
      message: 'own message',
      stack: 'own stack',
    });
    const { details, ...rest } = describeThrown(error);
    expect(details).toStrictEqual({ path: '/a', code: 'ENOENT', list: [1, { a: null }] });
    expect(Object.keys(details as object)).toEqual(['path', 'code', 'list']);
    expect(rest).toStrictEqual({
      code: 'transform_error',
      message: 'own message',
      name: 'Own',
      stack: 'own stack',
      cause: { code: 'transform_error', message: 'c' },
    });
  });

  test('details are a copy, and own __proto__ is one of them', () => {
    const list = [1];
    const error = Object.assign(new Error('x'), { list }, { extra: 1 });
    Object.defineProperty(error, '__proto__', { value: { a: 1 }, enumerable: true });
    const { details } = describeThrown(error);
    list.push(2);
    expect(Object.entries(details as object)).toEqual([
      ['list', [1]],
      ['extra', 1],
      ['__proto__', { a: 1 }],
    ]);
    expect(Object.getPrototypeOf(details)).toBe(Object.prototype);
    expect(Reflect.set(details as object, 'list', [])).toBe(true);
    expect(Reflect.deleteProperty(details as object, 'list')).toBe(true);
  });

  test('properties that can not be cloned are described', () => {
    const error = Object.assign(new Error('x'), {
      callback: function onDone() {
        return 1;
      },
      mark: Symbol('m'),
      promise: Promise.resolve(),
      nameless: Object.defineProperty(() => 1, 'name', { value: undefined }),
    });
    expect(describeThrown(error).details).toStrictEqual({
      callback: '[function onDone]',
      mark: 'Symbol(m)',
      promise: '[object Promise]',
      nameless: '[function undefined]',
    });
  });

  test.each([
    ['statusCode', { statusCode: 404 }, 404],
    ['status', { status: 500 }, 500],
    ['statusCode before status', { status: 1, statusCode: 2 }, 2],
    ['status when statusCode is no number', { status: 1, statusCode: '2' }, 1],
    ['0', { statusCode: 0 }, 0],
  ])('statusCode: %s', (_name, more, statusCode) => {
    expect(describeThrown(Object.assign(new Error('x'), more)).statusCode).toBe(statusCode);
    expect(describeThrown({ message: 'x', ...more }).statusCode).toBe(statusCode);
  });

  test('statusCode: absent when there is no number', () => {
    expect('statusCode' in describeThrown(Object.assign(new Error('x'), { status: '500' }))).toBe(false);
    expect('statusCode' in describeThrown({ status: '500' })).toBe(false);
  });

  test('errors of another realm are errors', () => {
    const described = describeThrown(
      runInNewContext(`Object.assign(new TypeError('far', { cause: new Error('away') }), { extra: 1 })`),
    );
    expect(described).toMatchObject({ message: 'far', name: 'TypeError', details: { extra: 1 } });
    expect(described.cause).toMatchObject({ message: 'away', name: 'Error' });
  });

  test('a DOMException is an error, with its name', () => {
    expect(describeThrown(new DOMException('gone', 'AbortError'))).toMatchObject({
      message: 'gone',
      name: 'AbortError',
    });
  });

  test('an AggregateError shows its errors, and further own properties', () => {
    const error = Object.assign(
      new AggregateError([new Error('one'), 'two', new TypeError('three')], 'all'),
      {
        extra: 1,
      },
    );
    expect(describeThrown(error)).toMatchObject({
      message: 'all',
      name: 'AggregateError',
      details: { extra: 1, errors: [{ message: 'one' }, 'two', { message: 'three', name: 'TypeError' }] },
    });
  });

  test('a property `errors` that is no list and does not show is left out', () => {
    const error = Object.defineProperty(new Error('x'), 'errors', { value: 'hidden' });
    expect('details' in describeThrown(error)).toBe(false);
  });

  test('errors in properties are described like causes', () => {
    const error = Object.assign(new Error('x'), {
      inner: new RangeError('in'),
      list: [[1], new Error('listed')],
    });
    const { details } = describeThrown(error) as { details: { inner: RowError; list: [unknown, RowError] } };
    expect(details.inner).toMatchObject({ code: 'transform_error', message: 'in', name: 'RangeError' });
    expect(details.list[0]).toEqual([1]);
    expect(details.list[1]).toMatchObject({ code: 'transform_error', message: 'listed' });
  });

  test('an error whose message is no text says so', () => {
    const error = Object.assign(new Error('x'), { message: 5, name: 6, stack: 7 });
    const described = describeThrown(error);
    expect(described.message).toBe('(the message of the error can not be read)');
    expect('name' in described || 'stack' in described).toBe(false);
  });
});

describe('describeThrown: causes', () => {
  test('a chain is followed eight errors deep', () => {
    expect(messagesOf(describeThrown(causesOf(3)))).toEqual(['message-0', 'message-1', 'message-2']);
    expect(messagesOf(describeThrown(causesOf(8)))).toHaveLength(8);
    expect(messagesOf(describeThrown(causesOf(50)))).toHaveLength(8);
  });

  test.each([
    ['null', null, { message: 'Thrown value is not an error: null', details: null }],
    ['0', 0, { message: 'Thrown value is not an error: 0', details: 0 }],
    ['text', 'why', { message: 'why' }],
    ['an object', { a: 1 }, { message: 'Thrown value is not an error: [object Object]', details: { a: 1 } }],
  ])('a cause that is %s is described', (_name, cause, expected) => {
    expect(describeThrown(new Error('x', { cause })).cause).toStrictEqual({
      code: 'transform_error',
      ...expected,
    });
  });

  test('a cause that is undefined is none', () => {
    expect('cause' in describeThrown(new Error('x', { cause: undefined }))).toBe(false);
  });

  test('an error that is its own cause, or its cause`s, is described once', () => {
    const own = new Error('own');
    own.cause = own;
    expect(messagesOf(describeThrown(own))).toEqual(['own']);
    const one = new Error('one');
    one.cause = new Error('two', { cause: one });
    expect(messagesOf(describeThrown(one))).toEqual(['one', 'two']);
  });

  test('an error that is in its own properties is named there', () => {
    const error: Error & { self?: unknown } = new Error('own');
    error.self = error;
    expect(describeThrown(error).details).toStrictEqual({ self: 'Error: own' });
    const among = new AggregateError([], 'all');
    among.errors.push(among, new Error('other'));
    expect(describeThrown(among).details).toMatchObject({
      errors: ['AggregateError: all', { message: 'other' }],
    });
  });

  test('of a list of many errors the first are described and the others named', () => {
    const errors = Array.from({ length: 20 }, (_, index) => new Error(`e${index}`));
    const { details } = describeThrown(new AggregateError(errors)) as { details: { errors: unknown[] } };
    expect(details.errors).toHaveLength(20);
    expect(details.errors.slice(0, 6)).toMatchObject(errors.slice(0, 6).map(({ message }) => ({ message })));
    expect(details.errors.slice(8)).toEqual(errors.slice(8).map(String));
  });

  test('lists in lists with errors are described, however deep', () => {
    let list: unknown[] = [new Error('innermost')];
    for (let depth = 0; depth < 10_000; depth++) list = [list, new Error('beside')];
    const described = describeThrown(Object.assign(new Error('x'), { list }));
    expect(described.message).toBe('x');
    expect(() => structuredClone(described)).not.toThrow();
  });

  test('a list that contains an error and itself is described', () => {
    const list: unknown[] = [new Error('in')];
    list.push(list);
    const described = describeThrown(Object.assign(new Error('x'), { list }));
    expect(described).toMatchObject({
      message: 'x',
      details: { list: [{ message: 'in' }, [new Error('in'), {}]] },
    });
    expect(() => structuredClone(described)).not.toThrow();
  });
});

describe('describeThrown: other values', () => {
  test.each<[string, unknown, Partial<RowError>]>([
    ['null', null, { message: 'Thrown value is not an error: null', details: null }],
    ['undefined', undefined, { message: 'Thrown value is not an error: undefined' }],
    ['false', false, { message: 'Thrown value is not an error: false', details: false }],
    ['a bigint', 5n, { message: 'Thrown value is not an error: 5', details: 5n }],
    ['a symbol', Symbol('s'), { message: 'Thrown value is not an error: Symbol(s)', details: 'Symbol(s)' }],
    ['a list', [1, 2], { message: 'Thrown value is not an error: 1,2', details: [1, 2] }],
    ['the empty string', '', { message: '' }],
    ['text', 'oh', { message: 'oh' }],
    [
      'a function',
      function thrown() {
        return 1;
      },
      { message: 'Thrown value is not an error: [function thrown]', details: '[function thrown]' },
    ],
    ['an object with a message', { message: 'm', a: 1 }, { message: 'm', details: { message: 'm', a: 1 } }],
    [
      'an object whose message is no text',
      { message: 1 },
      { message: 'Thrown value is not an error: [object Object]', details: { message: 1 } },
    ],
    [
      'an object without a prototype',
      Object.create(null),
      { message: 'Thrown value is not an error: [object Object]', details: {} },
    ],
    [
      'a function whose name is no text',
      Object.defineProperty(() => 1, 'name', { value: Symbol('n') }),
      { message: 'Thrown value is not an error: [object Function]', details: '[object Function]' },
    ],
  ])('%s', (_name, thrown, expected) => {
    expect(describeThrown(thrown)).toStrictEqual({ code: 'transform_error', ...expected });
  });

  test('a function with a status keeps it', () => {
    expect(describeThrown(Object.assign(() => 1, { status: 503 })).statusCode).toBe(503);
  });
});

describe('messageOf', () => {
  test.each<[unknown, string]>([
    [new Error('m'), 'm'],
    ['text', 'text'],
    [5, '5'],
    [undefined, 'undefined'],
    [null, 'null'],
    [{ message: 'own' }, 'own'],
    [{ message: 5 }, '[object Object]'],
  ])('%o: %s', (value, message) => {
    expect(messageOf(value)).toBe(message);
  });

  test.each(hostileValues)('%s: does not throw', (_name, make) => {
    expect(messageOf(make())).toMatch(/./);
  });
});

describe('describeThrown: hostile values', () => {
  test('getters of an error that throw are left out', () => {
    const error = new Error('x');
    for (const name of ['message', 'stack', 'cause', 'name', 'status', 'own']) {
      Object.defineProperty(error, name, { get: refuse, enumerable: true });
    }
    expect(describeThrown(error)).toStrictEqual({
      code: 'transform_error',
      message: '(the message of the error can not be read)',
      details: { status: undefined, own: undefined },
    });
  });

  test.each(hostileValues)(
    '%s: describeThrown does not throw, alone, as cause, as property, in a list',
    (_name, make) => {
      for (const thrown of [
        make(),
        new Error('x', { cause: make() }),
        Object.assign(new Error('x'), { inner: make() }),
        Object.assign(new Error('x'), { list: [new Error('in'), make()] }),
        new AggregateError([make(), new Error('in')]),
        Object.defineProperty(new Error('x'), 'errors', { value: make() }),
      ]) {
        const described = describeThrown(thrown);
        expect(typeof described.message).toBe('string');
        expect(structuredClone(described)).toEqual(described);
      }
    },
  );

  test('what can not be read is said to be so, and is taken for no error', () => {
    expect(describeThrown(revokedProxy({}))).toStrictEqual({
      code: 'transform_error',
      message: 'Thrown value is not an error: (a value that can not be read)',
      details: '(a value that can not be read)',
    });
  });

  test('own properties that can not be listed are left out', () => {
    const unlistable = new Proxy(new Error('x'), { ownKeys: refuse });
    expect('details' in describeThrown(unlistable)).toBe(false);
    const unreadable = Object.defineProperty(new Error('x'), 'errors', { value: revokedProxy([]) });
    expect('details' in describeThrown(unreadable)).toBe(false);
  });

  test('any value, hostile parts in any place: never throws, and what it gives can be cloned', () => {
    // functions that make the values, as fast-check itself could not look at some of them
    const { value } = fc.letrec<{ value: () => unknown; error: () => unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, depthSize: 'small' },
        fc
          .anything({
            withBigInt: true,
            withNullPrototype: true,
            withMap: true,
            withSet: true,
            withDate: true,
          })
          .map((plain) => () => plain),
        fc.constantFrom<() => unknown>(...hostileValues.map(([, make]) => make)),
        fc.constantFrom<() => unknown>(
          () => Symbol('s'),
          () => refuse,
          () => new WeakMap(),
          () => runInNewContext(`new TypeError('far')`),
          () => ({ toString: 1, valueOf: 1 }),
        ),
        tie('error'),
        fc.array(tie('value'), { maxLength: 3 }).map((makers) => () => makers.map((make) => make())),
        fc
          .tuple(tie('value'), tie('value'))
          .map(([message, status]) => () => ({ message: message(), status: status() })),
      ),
      error: fc
        .record({
          make: fc.constantFrom(Error, TypeError, runInNewContext('RangeError') as ErrorConstructor),
          message: fc.string(),
          cause: tie('value'),
          own: fc.dictionary(
            fc.constantFrom('name', 'message', 'status', 'errors', 'a', 'cause', 'stack'),
            tie('value'),
            { maxKeys: 4 },
          ),
          circle: fc.constantFrom('none', 'cause', 'own', 'list'),
        })
        .map(({ make, message, cause, own, circle }) => () => {
          const error = new make(message, { cause: cause() });
          for (const [name, makeValue] of Object.entries(own)) Object.assign(error, { [name]: makeValue() });
          if (circle === 'cause') error.cause = error;
          if (circle === 'own') Object.assign(error, { self: error });
          if (circle === 'list') Object.assign(error, { self: [[error], error] });
          return error;
        }),
    }));
    fc.assert(
      fc.property(value, (make) => {
        const described = describeThrown(make());
        expect(typeof described.message).toBe('string');
        expect(chainOf(described).length).toBeLessThanOrEqual(9);
        expect(structuredClone(described)).toEqual(described);
      }),
      { numRuns: 500 },
    );
  });
});
