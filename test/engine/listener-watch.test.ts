import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, test } from 'vitest';
import { ListenerWatch } from '../../src/engine/listener-watch.ts';

describe('ListenerWatch', () => {
  let emitter: EventEmitter;
  let origin: string | undefined;
  let watch: ListenerWatch<string>;
  const before = () => undefined;
  const listener = () => undefined;
  const all = () => true;

  beforeEach(() => {
    emitter = new EventEmitter().on('exit', before);
    origin = 'row 1';
    watch = new ListenerWatch(emitter, { name: 'process', originOf: () => origin });
  });

  function taken(isOver: (row: string) => boolean = all): [string, string][] {
    return watch.take(isOver).map(({ row, name }) => [row, name]);
  }

  test('tells what a row has left, once', () => {
    emitter.on('exit', listener);
    emitter.once('message', listener);
    emitter.off('exit', before);
    expect(watch.isEmpty).toBe(false);
    expect(taken()).toEqual([
      ['row 1', "process.on('exit')"],
      ['row 1', "process.on('message')"],
      ['row 1', "process.off('exit')"],
    ]);
    expect(watch.isEmpty).toBe(true);
    expect(taken()).toEqual([]);
  });

  test('a row may take back what it did', () => {
    emitter.on('exit', listener).off('exit', listener);
    emitter.off('exit', before).on('exit', before);
    emitter.once('exit', listener).emit('exit');
    expect(watch.isEmpty).toBe(true);
  });

  test('waits for the end of the row', () => {
    emitter.on('exit', listener);
    origin = 'row 2';
    emitter.on('exit', () => undefined);
    expect(taken((row) => row === 'row 2')).toEqual([['row 2', "process.on('exit')"]]);
    emitter.off('exit', listener);
    expect(taken()).toEqual([]);
  });

  test('does not tell what no row does, what is accepted, and that what was told is taken back later', () => {
    origin = undefined;
    emitter.on('exit', () => undefined);
    origin = 'row 1';
    watch.accept(["process.on('message')"]);
    emitter.on('message', listener);
    expect(watch.isEmpty).toBe(true);
    emitter.on('exit', listener);
    expect(taken()).toHaveLength(1);
    emitter.off('exit', listener);
    expect(watch.isEmpty).toBe(true);
  });

  test('notices that all listeners are removed, its own too', () => {
    emitter.removeAllListeners();
    expect(taken()).toContainEqual(['row 1', "process.off('exit')"]);
  });

  test('closed, it notices nothing and listens no more', () => {
    watch.close();
    emitter.on('exit', listener);
    expect(watch.isEmpty).toBe(true);
    expect(emitter.eventNames()).toEqual(['exit']);
  });
});
