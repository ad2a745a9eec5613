/** Each row says how its attempts end, one after the other. In-process too, where no row may crash. */
import { CapacityError, type TransformContext } from '../../src/index.ts';
import { turns } from '../helpers/event-loop.ts';
import { stageOf } from './stage-of.ts';

export type PlannedOutcome = 'capacity' | 'error' | 'crash' | 'ok';

export interface PatternRow {
  readonly id: number;
  /** Of the attempts from the first on; further ones succeed. */
  readonly outcomes: readonly PlannedOutcome[];
  /** It waits at its gate of the stage, then for a turn of the event loop: many such rows run at once on a thread. */
  readonly waits?: boolean;
}

export default function pattern(row: PatternRow, context: TransformContext): number | Promise<number> {
  if (typeof row !== 'object') return row;
  return row.waits === true ? waiting(row, context) : end(row, context);
}

async function waiting(row: PatternRow, context: TransformContext): Promise<number> {
  const stage = stageOf(context.workerData);
  stage.enter(row.id, context.attempt);
  await stage.gate(row.id);
  await turns(1);
  stage.leave(row.id, context.attempt);
  return end(row, context);
}

function end(row: PatternRow, { attempt }: TransformContext): number {
  switch (row.outcomes[attempt - 1] ?? 'ok') {
    case 'capacity':
      throw new CapacityError(503);
    case 'error':
      throw new Error(`row ${row.id} is bad`);
    case 'crash':
      return process.exit(1);
    case 'ok':
      return row.id * 10;
  }
}
