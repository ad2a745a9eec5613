import type { TransformContext } from '../../src/index.ts';

/** Says what the row is called where it runs. */
export default function identity(_row: unknown, { stateId, rowIndex }: TransformContext): unknown {
  return { stateId, rowIndex };
}
