/** What somebody writes who needs no threads: NDJSON from stdin, through the transform, to stdout; fast for what it is. */
import { pipeline } from 'node:stream/promises';
import type { BenchRow } from '../rows.ts';
import transform from '../workers/transform.ts';

async function* transformed(): AsyncIterable<string> {
  let rest = '';
  for await (const chunk of process.stdin.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() as string;
    if (lines.length > 0) yield lines.map(transformLine).join('');
  }
  if (rest !== '') yield transformLine(rest);
}

function transformLine(line: string): string {
  return `${JSON.stringify(transform(JSON.parse(line) as BenchRow))}\n`;
}

await pipeline(transformed, process.stdout);
