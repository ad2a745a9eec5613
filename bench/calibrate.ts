import { work } from './workers/transform.ts';

const SAMPLES = 200;
const SAMPLE_BYTES = 2 ** 22;

/**
 * How many bytes of {@link work} make a microsecond of CPU on this machine. Takes the fastest of many samples: others on
 * the machine can only make it slower.
 */
export function bytesPerMicrosecond(): number {
  let fastestMs = Infinity;
  let checksum = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const startedAt = performance.now();
    checksum = work(checksum, SAMPLE_BYTES);
    fastestMs = Math.min(fastestMs, performance.now() - startedAt);
  }
  return SAMPLE_BYTES / (fastestMs * 1000);
}
