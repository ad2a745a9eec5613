import type { MaybePromise } from '../../src/core/transform.ts';
import { fromTimer } from '../helpers/event-loop.ts';

/** What a row leaves behind. `turn` leaves nothing, and ends when the event loop has had its turn. */
export type StrayRow = 'nothing' | 'turn' | 'timer' | 'rejection' | 'rejection of a promise from before';

/** As a module has it that keeps one promise for all rows. */
const fromBefore = Promise.withResolvers<never>();

export default function stray(row: StrayRow): MaybePromise<StrayRow> {
  const error = new Error(`left as ${row}`);
  switch (row) {
    case 'timer':
      fromTimer(() => {
        throw error;
      });
      break;
    case 'rejection':
      void Promise.reject(error);
      break;
    case 'rejection of a promise from before':
      fromBefore.reject(error);
      break;
    case 'turn':
      return new Promise((resolve) => void fromTimer(() => resolve(row)));
    case 'nothing':
  }
  return row;
}
