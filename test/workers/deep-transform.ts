/** What is made as deep as a row says, on a stack of its own size. */
import { TransformResult, type TransformContext } from '../../src/index.ts';
import { nest, type Kind } from '../helpers/nested.ts';

export interface DeepRow {
  readonly as: 'output' | 'thrown' | 'rejected' | 'request';
  readonly kind: Kind;
  readonly levels: number;
}

export default async function makeDeep(row: DeepRow, { call }: TransformContext): Promise<unknown> {
  const value = nest(row.kind, row.levels);
  switch (row.as) {
    case 'thrown':
      throw Object.assign(new Error('no'), { value });
    case 'rejected':
      return TransformResult.error({ message: 'no', details: value });
    case 'request':
      return call('deep', value, () => 'fine');
    default:
      return value;
  }
}
