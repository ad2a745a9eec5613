import { CapacityError, type TransformContext } from '../../src/index.ts';

export interface HeldRow {
  readonly id: number;
  /** Its attempts up to this one say that they run, by a call, and never end by themselves. */
  readonly held?: number;
  /** Its attempts up to this one are refused. */
  readonly refused?: number;
}

export default async function held(
  { id, held: until = 0, refused = 0 }: HeldRow,
  context: TransformContext,
): Promise<number> {
  const { attempt, call } = context;
  if (attempt <= refused) throw new CapacityError(503);
  if (attempt > until) return id * 10;
  await call('running', id, () => id);
  return new Promise(() => undefined);
}
