/**
 * What a transform's module needs of the package, as `pooled-executor/transform`: each worker loads it, and it loads nothing
 * else. `pooled-executor` has the same names.
 */
export { CapacityError, isCapacityStatus, type CapacityErrorOptions } from './core/capacity-error.ts';
export { move } from './core/moved.ts';
export { TransformResult } from './core/transform-result.ts';
export type { MaybePromise, Transform, TransformContext } from './core/transform.ts';
export type { RowError, RowErrorCode } from './core/row-error.ts';
