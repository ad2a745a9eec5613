/** Makes external calls through its context, as the row says. Usable in-process. */
import { CapacityError, type TransformContext } from '../../src/index.ts';
import { stageOf } from './stage-of.ts';

export interface CallingRow {
  readonly id: number;
  /** Calls per attempt. */
  readonly calls: number;
  /** The first attempts are refused, after their calls. */
  readonly refusals?: number;
  /** What the service does: answers, fails, or answers with what can't be cloned. */
  readonly service?: 'answers' | 'fails' | 'gives a function';
  /** What is asked with. */
  readonly request?: 'plain' | 'function';
}

export default async function calling(row: CallingRow, context: TransformContext): Promise<unknown> {
  if (typeof row !== 'object') return row;
  const { id, calls, refusals = 0, service = 'answers', request = 'plain' } = row;
  const stage = context.workerData === undefined ? undefined : stageOf(context.workerData);
  const responses: unknown[] = [];
  for (let call = 0; call < calls; call++) {
    const payload = request === 'function' ? () => 1 : { id, call };
    responses.push(
      await context.call('service', payload, (asked) => {
        stage?.enter(id, context.attempt);
        if (service === 'fails') throw new Error('service is down');
        return service === 'gives a function' ? () => 1 : { asked, answer: id * 10 };
      }),
    );
  }
  if (context.attempt <= refusals) throw new CapacityError(503);
  return responses;
}
