/**
 * What somebody writes who needs no threads: NDJSON from stdin, through the transform, to stdout; fast for what it is. In
 * plain JavaScript, as GNU parallel starts it for every block.
 */
import { pipeline } from 'node:stream/promises';
import transform from '../workers/noop-transform.mjs';

async function* transformed() {
  let rest = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    if (lines.length > 0) yield lines.map(transformLine).join('');
  }
  if (rest !== '') yield transformLine(rest);
}

/** @param {string} line */
function transformLine(line) {
  return `${JSON.stringify(transform(JSON.parse(line)))}\n`;
}

await pipeline(transformed, process.stdout);
