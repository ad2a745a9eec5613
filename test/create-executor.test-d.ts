/** Types only: checked by tsc, never run. */
import { expectTypeOf } from 'vitest';
import {
  createExecutor,
  PooledExecutor,
  TransformResult,
  type BatchResult,
  type Entry,
  type EntryStream,
  type OutputOf,
  type PooledExecutorOptions,
  type RowContext,
  type RowError,
  type RowOf,
  type Transform,
  type TransformContext,
} from '../src/index.ts';

interface Mail {
  readonly subject: string;
}

interface Score {
  readonly score: number;
}

/** A module as `typeof import('./score.ts')` gives it. */
interface ScoreModule {
  readonly default: (row: Mail) => Score;
  readonly later: (row: string, context: TransformContext) => Promise<number>;
  readonly checked: (row: Mail) => TransformResult<Score>;
  readonly either: (row: Mail) => Score | TransformResult<never> | Promise<TransformResult<Score>>;
  readonly nothing: () => null;
  readonly limit: number;
}

// the row and the output of a module's export
expectTypeOf<RowOf<ScoreModule>>().toEqualTypeOf<Mail>();
expectTypeOf<OutputOf<ScoreModule>>().toEqualTypeOf<Score>();
expectTypeOf<RowOf<ScoreModule, 'later'>>().toEqualTypeOf<string>();
expectTypeOf<OutputOf<ScoreModule, 'later'>>().toEqualTypeOf<number>();
expectTypeOf<OutputOf<ScoreModule, 'checked'>>().toEqualTypeOf<Score>();
expectTypeOf<OutputOf<ScoreModule, 'either'>>().toEqualTypeOf<Score>();
expectTypeOf<RowOf<ScoreModule, 'nothing'>>().toEqualTypeOf<unknown>();
expectTypeOf<OutputOf<ScoreModule, 'nothing'>>().toEqualTypeOf<null>();

// of a function
expectTypeOf<RowOf<(row: Mail) => Score>>().toEqualTypeOf<Mail>();
expectTypeOf<OutputOf<(row: Mail) => Promise<Score>>>().toEqualTypeOf<Score>();

// of what is no transform
expectTypeOf<RowOf<ScoreModule, 'missing'>>().toEqualTypeOf<never>();
expectTypeOf<OutputOf<ScoreModule, 'limit'>>().toEqualTypeOf<never>();

export async function executor(): Promise<void> {
  const url = new URL('./score.ts', import.meta.url);
  await using scores = createExecutor<ScoreModule>({ transform: url });
  expectTypeOf(scores).toEqualTypeOf<PooledExecutor<Mail, Score>>();
  expectTypeOf(createExecutor<ScoreModule, 'later'>({ transform: url, exportName: 'later' })).toEqualTypeOf<
    PooledExecutor<string, number>
  >();

  expectTypeOf(scores.executeBatch).parameter(0).toEqualTypeOf<Iterable<RowContext<Mail>>>();
  expectTypeOf(scores.executeBatch).returns.resolves.toEqualTypeOf<BatchResult<Score>>();
  expectTypeOf(scores.map).returns.resolves.toEqualTypeOf<TransformResult<Score>[]>();
  expectTypeOf(scores.stream).parameter(0).toEqualTypeOf<Iterable<Mail> | AsyncIterable<Mail>>();
  expectTypeOf(scores.stream([])).toEqualTypeOf<EntryStream<Score>>();
  for await (const entry of scores.stream([])) expectTypeOf(entry).toEqualTypeOf<Entry<Score>>();

  // @ts-expect-error a row of another type
  void scores.map(['text']);
  // @ts-expect-error an option of another type
  createExecutor<ScoreModule>({ transform: url, poolSize: '5' });
  // @ts-expect-error no such option
  createExecutor<ScoreModule>({ transform: url, poolsize: 5 });
  // @ts-expect-error the transform is missing
  createExecutor<ScoreModule>({});
  // @ts-expect-error the default export would run
  createExecutor<ScoreModule, 'later'>({ transform: url });
  // @ts-expect-error another export would run
  createExecutor<ScoreModule, 'later'>({ transform: url, exportName: 'checked' });
  // @ts-expect-error another export than the default one would run
  createExecutor<ScoreModule>({ transform: url, exportName: 'later' });
  // @ts-expect-error a function with another row than the module's
  createExecutor<ScoreModule>({ transform: (row: number) => row });
}

// a function gives its types to the executor
const inline = new PooledExecutor({ transform: (row: Mail): Score => ({ score: row.subject.length }) });
expectTypeOf(inline).toEqualTypeOf<PooledExecutor<Mail, Score>>();
const checking = new PooledExecutor({
  transform: (row: Mail) =>
    row.subject === '' ? TransformResult.error({ message: 'empty' }) : TransformResult.success({ score: 1 }),
});
expectTypeOf(checking).toEqualTypeOf<PooledExecutor<Mail, { score: number }>>();
const waiting = new PooledExecutor({ transform: (row: Mail) => Promise.resolve(row.subject) });
expectTypeOf(waiting).toEqualTypeOf<PooledExecutor<Mail, string>>();
expectTypeOf<PooledExecutorOptions<Mail, Score>['transform']>().toEqualTypeOf<
  URL | string | Transform<Mail, Score>
>();

// results
const result = TransformResult.success({ score: 1 });
expectTypeOf(result).toEqualTypeOf<TransformResult<{ score: number }>>();
expectTypeOf(TransformResult.error({ message: 'no' })).toEqualTypeOf<TransformResult<never>>();
if (result.status === 'success') expectTypeOf(result.value).toEqualTypeOf<{ score: number }>();
else expectTypeOf(result.error).toEqualTypeOf<RowError>();

// the context
export const typed: Transform<Mail, Score> = async (row, context) => {
  const length = await context.call('length', row, ({ subject }) => subject.length);
  expectTypeOf(length).toEqualTypeOf<number>();
  expectTypeOf(context.workerData).toEqualTypeOf<unknown>();
  // @ts-expect-error the context is read-only
  context.attempt = 2;
  return { score: length };
};

// a function says by itself what its rows and outputs are
const ofFunction = createExecutor({
  transform: (row: Mail): Score => ({ score: row.subject.length }),
  poolSize: 2,
});
expectTypeOf(ofFunction).toEqualTypeOf<PooledExecutor<Mail, Score>>();

// the types of a function are given, and of what nothing is known any name may be
expectTypeOf(
  createExecutor<ScoreModule['later']>({ transform: './score.ts', exportName: 'later' }),
).toEqualTypeOf<PooledExecutor<string, number>>();
expectTypeOf(
  createExecutor({ transform: './score.ts', exportName: 'later' }),
).toEqualTypeOf<PooledExecutor>();
expectTypeOf(createExecutor<ScoreModule>({ transform: './score.ts', exportName: 'default' })).toEqualTypeOf<
  PooledExecutor<Mail, Score>
>();
