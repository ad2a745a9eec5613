import type { PooledExecutorOptions } from './options.ts';
import { PooledExecutor } from './pooled-executor.ts';
import type { Transform, TransformContext } from './core/transform.ts';
import type { TransformResult } from './core/transform-result.ts';

type ExportOf<Module, Name extends string> = Module extends (...args: never[]) => unknown
  ? Module
  : Name extends keyof Module
    ? Module[Name]
    : never;

/** The row type of a transform module, or of a transform function. */
export type RowOf<Module, Name extends string = 'default'> = unknown extends Module
  ? unknown
  : [ExportOf<Module, Name>] extends [never]
    ? never
    : ExportOf<Module, Name> extends (row: infer Row, context: TransformContext) => unknown
      ? Row
      : never;

/** The output type of a transform module, or of a transform function. */
export type OutputOf<Module, Name extends string = 'default'> = unknown extends Module
  ? unknown
  : [ExportOf<Module, Name>] extends [never]
    ? never
    : ExportOf<Module, Name> extends (...args: never[]) => infer Returned
      ? Unwrapped<Awaited<Returned>>
      : never;

/** The error half of a result says nothing about the output. */
type Unwrapped<Returned> =
  Returned extends TransformResult<unknown>
    ? Returned extends { readonly status: 'success'; readonly value: infer Output }
      ? Output
      : never
    : Returned;

/** The export that runs is the one that the types are of. A function is its own export, under whichever name. */
type OfExport<Module, Name extends string> = unknown extends Module
  ? unknown
  : Module extends (...args: never[]) => unknown
    ? unknown
    : [Name] extends ['default']
      ? { readonly exportName?: 'default' | undefined }
      : { readonly exportName: Name };

/**
 * Makes an executor whose row and output types are those of the transform's module:
 * `createExecutor<typeof import('./parse.ts')>({ transform: new URL('./parse.ts', import.meta.url) })`.
 * For another export than the default one, name it in both places:
 * `createExecutor<typeof import('./parse.ts'), 'score'>({ transform, exportName: 'score' })`.
 *
 * @throws TypeError when an option is unknown or its value is not allowed.
 */
export function createExecutor<Module, Name extends string = 'default'>(
  options: PooledExecutorOptions<RowOf<Module, Name>, OutputOf<Module, Name>> &
    OfExport<NoInfer<Module>, NoInfer<Name>>,
): PooledExecutor<RowOf<Module, Name>, OutputOf<Module, Name>>;
/** The same for a function, which says by itself what its rows and outputs are. */
export function createExecutor<Row, Output>(
  options: PooledExecutorOptions<Row, Output> & { readonly transform: Transform<Row, Output> },
): PooledExecutor<Row, Output>;
export function createExecutor(options: PooledExecutorOptions): PooledExecutor {
  return new PooledExecutor(options);
}
