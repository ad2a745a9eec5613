import { describe, expect, test } from 'vitest';
import { EngineStart } from '../src/engine-start.ts';
import { WorkerStartError, type Engine } from '../src/engine/engine.ts';
import { turns } from './helpers/event-loop.ts';

/** An engine that starts as often as it is asked to, each time as the next of `starts` says. */
function makeStart(...starts: readonly (() => Promise<void>)[]) {
  const told: unknown[] = [];
  const engine = {
    started: 0,
    expected: [] as number[],
    start: (rows: number) => {
      engine.expected.push(rows);
      return starts[engine.started++]!();
    },
    expectRows: (rows: number) => engine.expected.push(rows),
  };
  const start = new EngineStart(engine as unknown as Engine, {
    onStarting: () => told.push('starting'),
    onReady: () => told.push('ready'),
    onFatal: (error) => told.push(error),
  });
  return { engine, start, told };
}

describe('EngineStart', () => {
  test('starts when it is first asked, once, and tells when it is ready', async () => {
    const { engine, start, told } = makeStart(() => Promise.resolve());
    expect(engine.started).toBe(0);
    expect([start.isReady(1), start.isReady(1)]).toEqual([false, false]);
    await turns(2);
    expect([start.isReady(1), engine.started, told]).toEqual([true, 1, ['starting', 'ready']]);
  });

  test('the engine hears how many rows wait for it, until it is ready', async () => {
    const { engine, start } = makeStart(() => Promise.resolve());
    start.begin(1);
    start.isReady(3);
    await turns(2);
    start.isReady(7);
    expect(engine.expected).toEqual([1, 3]);
  });

  test('what is fatal is told once, as it came, and nothing starts again', async () => {
    const fatal = new Error('no module');
    const { engine, start, told } = makeStart(() => Promise.reject(fatal));
    start.isReady(1);
    await turns(2);
    start.fail(new Error('no worker either'));
    expect([start.isReady(1), engine.started]).toEqual([false, 1]);
    expect(told).toHaveLength(2);
    expect(told[1]).toBe(fatal);
  });

  test('a reason that is no error becomes one, and stays its cause', () => {
    const { start, told } = makeStart();
    start.fail('out of luck');
    expect(told).toEqual([new Error('out of luck', { cause: 'out of luck' })]);
    expect(told[0]).toHaveProperty('cause', 'out of luck');
  });

  test('where no worker could be started the next start tries again', async () => {
    const lack = new WorkerStartError('no memory');
    const { engine, start, told } = makeStart(
      () => Promise.reject(lack),
      () => Promise.resolve(),
    );
    start.isReady(1);
    await turns(2);
    start.isReady(1);
    await turns(2);
    expect([start.isReady(1), engine.started]).toEqual([true, 2]);
    expect(told).toEqual(['starting', lack, 'starting', 'ready']);
  });
});
