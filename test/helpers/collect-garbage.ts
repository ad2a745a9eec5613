import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** All garbage is collected when it resolves. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  await new Promise<void>((resolve) => {
    process.nextTick(resolve); // until the turn is over, what was made in it is kept
  });
  gc();
}
