import { beforeEach, describe, expect, test } from 'vitest';
import { PropertyWatch } from '../../src/engine/property-watch.ts';

describe('PropertyWatch', () => {
  let object: Record<PropertyKey, unknown>;
  let slow: Record<PropertyKey, unknown>;
  let watch: PropertyWatch;
  let madeLazily: number;

  beforeEach(() => {
    madeLazily = 0;
    const method = () => 1;
    object = { method, nothing: undefined, notANumber: NaN, [Symbol.iterator]: method };
    Object.defineProperty(object, 'lazy', {
      configurable: true,
      enumerable: true,
      get() {
        madeLazily++;
        Object.defineProperty(object, 'lazy', { value: 'made', writable: true });
        return 'made';
      },
    });
    Object.defineProperty(object, 'getter', { configurable: true, get: () => 2 });
    slow = { variable: '1' };
    watch = new PropertyWatch({
      objects: [{ name: 'it', object, counts: (key) => key !== 'ignored' }],
      slowObjects: [{ name: 'slow', object: slow }],
    });
  });

  test('sees nothing where nothing has changed, and touches no getter', () => {
    expect(watch.quickLook()).toEqual([]);
    expect(watch.thoroughLook()).toEqual([]);
    expect(madeLazily).toBe(0);
  });

  test.each<[change: string, act: () => void, name: string]>([
    ['added', () => (object['cache'] = 1), 'it.cache'],
    ['exchanged', () => (object['method'] = () => 1), 'it.method'],
    ['exchanged under a symbol', () => (object[Symbol.iterator] = 1), 'it[Symbol.iterator]'],
    ['removed', () => delete object['method'], 'it.method'],
    ['removed, though it was undefined', () => delete object['nothing'], 'it.nothing'],
    ['made a getter', () => Object.defineProperty(object, 'method', { get: () => 3 }), 'it.method'],
    ['given another getter', () => Object.defineProperty(object, 'getter', { get: () => 3 }), 'it.getter'],
    ['a value instead of a getter', () => Object.defineProperty(object, 'getter', { value: 3 }), 'it.getter'],
    [
      'another value than is made lazily',
      () => Object.defineProperty(object, 'lazy', { value: 'other' }),
      'it.lazy',
    ],
  ])('names a property that was %s, once', (_, act, name) => {
    act();
    expect(watch.quickLook()).toEqual([name]);
    expect(watch.quickLook()).toEqual([name]);
    watch.rebase();
    expect(watch.quickLook()).toEqual([]);
  });

  test('leaves in place what a property was changed to', () => {
    Object.defineProperty(object, 'lazy', { value: 'other', configurable: true });
    watch.quickLook();
    expect(object['lazy']).toBe('other');
  });

  test('takes a property that is made when it is first asked for as it was', () => {
    expect(object['lazy']).toBe('made');
    expect(watch.quickLook()).toEqual([]);
    object['lazy'] = 'other';
    expect(watch.quickLook()).toEqual(['it.lazy']);
  });

  test('sees what is added without being enumerable, and slow objects, in a thorough look alone', () => {
    Object.defineProperty(object, 'hidden', { value: 1 });
    slow['variable'] = '2';
    slow['other'] = '3';
    expect(watch.quickLook()).toEqual([]);
    expect(watch.thoroughLook()).toEqual(['slow.variable', 'slow.other']); // what can't be changed again is no harm
    Object.defineProperty(object, 'open', { value: 1, configurable: true });
    expect(watch.thoroughLook()).toContain('it.open');
  });

  test('does not see what does not count or is accepted', () => {
    watch.accept(['it.cache', 'it.method']);
    object['ignored'] = 1;
    object['cache'] = 1;
    object['method'] = 1;
    expect(watch.quickLook()).toEqual([]);
    object['cache'] = 2;
    expect(watch.thoroughLook()).toEqual([]);
    object['more'] = 1;
    expect(watch.quickLook()).toEqual(['it.more']);
  });

  test('reads an accessor where that is safe', () => {
    let value = 1;
    Object.defineProperty(object, 'safe', { get: () => value, configurable: true });
    watch = new PropertyWatch({ objects: [{ name: 'it', object, readable: ['safe'] }], slowObjects: [] });
    expect(watch.quickLook()).toEqual([]);
    value = 2;
    expect(watch.quickLook()).toEqual(['it.safe']);
  });
});
