/** Runs one contender for the bench: what it is asked by messages, see `contender-process.ts`. Ends with its channel. */
import { once } from 'node:events';
import type { ContenderReply, ContenderRequest, Run } from '../contender-process.ts';
import type { Contender } from '../contenders/contender.ts';
import { Digest, rowsOf, type BenchRow } from '../rows.ts';

/** A contender that has not ended its threads by then is ended with them. */
const PATIENCE_MS = 5_000;

const [module, name, threads] = process.argv.slice(2) as [string, string, string];
const contender = Object.values((await import(module)) as Record<string, unknown>).find(
  (exported) => (exported as Contender).name === name,
) as Contender;
const open = await contender.open(Number(threads));

let rows: readonly BenchRow[] = [];
let digests: Int32Array = new Int32Array();

/** Runs the first `count` rows and checks what comes out. */
async function timeRun(count: number): Promise<Run> {
  const input = rows.slice(0, count);
  const digest = new Digest();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await open.run(input, (output) => {
    digest.add(output);
  });
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  if (digest.value === digests[count]) return { elapsedMs, cpuMicros: user + system };
  throw new Error('its outputs are wrong, incomplete or out of order');
}

async function answer(request: ContenderRequest): Promise<ContenderReply> {
  if (request.kind === 'run') return { kind: 'ran', run: await timeRun(request.rows) };
  rows = rowsOf(request.works);
  digests = request.digests;
  return { kind: 'ready' };
}

function reply(message: ContenderReply): void {
  process.send?.(message);
}

process.on('message', (request: ContenderRequest) => {
  answer(request).then(reply, (reason: unknown) => {
    reply({ kind: 'failed', reason: reason instanceof Error ? reason.message : String(reason) });
  });
});
reply({ kind: 'ready' });
await once(process, 'disconnect');
setTimeout(() => process.exit(), PATIENCE_MS).unref();
await open.close();
