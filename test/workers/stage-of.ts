import { Stage } from '../helpers/stage.ts';

const stages = new WeakMap<SharedArrayBuffer, Stage>();

/** The stage whose memory was passed as `workerData: { stage: stage.buffer }`. */
export function stageOf(workerData: unknown): Stage {
  const { stage: buffer } = workerData as { stage: SharedArrayBuffer };
  let stage = stages.get(buffer);
  if (stage === undefined) stages.set(buffer, (stage = new Stage(buffer)));
  return stage;
}
