/** Rows name which kind of result the transform returns. */
import { TransformResult } from '../../src/index.ts';

export const RESULTS = {
  success: () => TransformResult.success({ n: 1 }),
  'success of undefined': () => TransformResult.success(undefined),
  error: () => TransformResult.error({ message: 'not wanted', details: { field: 'a' } }),
  'retryable error': () => TransformResult.error({ message: 'not now' }, { retryable: true }),
  'uncloneable details': () => TransformResult.error({ message: 'odd', details: () => 1 }),
  'success that can not be cloned': () => TransformResult.success(() => 1),
  'look-alike success': () => ({ status: 'success', value: 1 }),
  'look-alike error': () => ({
    status: 'error',
    error: { code: 'rejected', message: 'no' },
    retryable: true,
  }),
} as const;

export type ResultName = keyof typeof RESULTS;

export default function result(name: ResultName): unknown {
  return Object.hasOwn(RESULTS, name) ? RESULTS[name]() : name;
}
