import { TransformResult, type Transform } from '../../src/index.ts';

interface Row {
  readonly ok: boolean;
}

/** A TypeScript transform that returns results. */
const results: Transform<Row, { yes: boolean }> = ({ ok }) =>
  ok
    ? TransformResult.success({ yes: true })
    : TransformResult.error({ message: 'not ok', details: { ids: new Set([1n]) } }, { retryable: true });

export default results;
