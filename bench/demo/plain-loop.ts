/**
 * What the pool is compared with: `node plain-loop.ts <rows.ndjson> <output.ndjson>` runs the
 * transform over all rows in one loop on one thread, with the whole input and output in memory.
 */
import { readFileSync, writeFileSync } from 'node:fs';

import type { TransformContext } from '../../src/index.ts';
import type { MailRow } from './corpus.ts';
import mailFeatures from './mail-features.ts';

const { signal } = new AbortController();

function contextOf(rowIndex: number): TransformContext {
  return {
    stateId: String(rowIndex),
    rowIndex,
    attempt: 1,
    signal,
    workerData: undefined,
    call: async (_name, request, send) => send(request),
  };
}

async function transformLine(line: string, rowIndex: number): Promise<string> {
  return JSON.stringify(await mailFeatures(JSON.parse(line) as MailRow, contextOf(rowIndex)));
}

async function main(input: string, output: string): Promise<void> {
  let written = '';
  for (const [rowIndex, line] of readFileSync(input, 'utf8').trimEnd().split('\n').entries()) {
    written += `${await transformLine(line, rowIndex)}\n`;
  }
  writeFileSync(output, written);
}

const [input, output] = process.argv.slice(2);
if (input === undefined || output === undefined)
  throw new Error('Usage: plain-loop.ts <rows.ndjson> <output.ndjson>');
await main(input, output);
