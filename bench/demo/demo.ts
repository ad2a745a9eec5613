/**
 * The demo, `npm run demo`: 6,046 real e-mails through a CPU-heavy transform on all cores, compared
 * with the same transform in a plain loop, what the result is good for, and what the record of the run says. Needs
 * `npm run build`.
 *
 * `--mails <n>` takes n mails, spread over the corpus; `--pool-size <n>` is handed to the CLI.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';

import { corpusFolder, writeCorpus } from './corpus.ts';
import { describeGroup, summarise } from './duplicate-report.ts';
import { findNearDuplicates, readFeatures } from './near-duplicates.ts';
import { runNode } from './run-node.ts';

const project = join(import.meta.dirname, '..', '..');
const cli = join(project, 'dist', 'src', 'cli', 'bin.js');
const transform = join(import.meta.dirname, 'mail-features.ts');
const plainLoop = join(import.meta.dirname, 'plain-loop.ts');
const folder = join(project, 'reports', 'demo');
const files = {
  rows: join(folder, 'mails.ndjson'),
  pooled: join(folder, 'features.ndjson'),
  trail: join(folder, 'features.ndjson.audit.db'),
  plain: join(folder, 'features-plain-loop.ndjson'),
  groups: join(folder, 'near-duplicates.ndjson'),
};
const shownGroups = 8;

interface DemoOptions {
  readonly mails: number | undefined;
  readonly poolSize: number | undefined;
}

async function main(options: DemoOptions): Promise<void> {
  const mails = await prepare(options.mails);
  const pooledMs = await runPool(options.poolSize);
  const plainMs = await runPlainLoop();
  await compare({ mails, pooledMs, plainMs });
  await groupNearDuplicates();
  await askTrail(mails);
  say('\n6. Output');
  for (const file of [files.pooled, files.groups, files.trail]) say(`   ${relative(process.cwd(), file)}`);
}

async function prepare(limit: number | undefined): Promise<number> {
  say('1. Writing the SpamAssassin public corpus as rows');
  await rm(folder, { recursive: true, force: true }); // each demo has a record of its own
  await mkdir(folder, { recursive: true });
  const mails = await writeCorpus(files.rows, limit);
  say(`   ${mails.toLocaleString('en')} e-mails in ${relative(process.cwd(), files.rows)}`);
  return mails;
}

async function runPool(poolSize: number | undefined): Promise<number> {
  const size = poolSize === undefined ? [] : ['--pool-size', String(poolSize)];
  const args = ['run', transform, files.rows, '-o', files.pooled, ...size];
  say('\n2. Parsing, measuring and fingerprinting every mail in worker threads');
  say(
    `   pooled-executor ${args.map((arg) => (arg.startsWith('/') ? relative(process.cwd(), arg) : arg)).join(' ')}`,
  );
  return runNode(cli, args);
}

async function runPlainLoop(): Promise<number> {
  say('\n3. The same transform in a plain loop on one thread, for comparison');
  return runNode(plainLoop, [files.rows, files.plain]);
}

async function compare(run: { mails: number; pooledMs: number; plainMs: number }): Promise<void> {
  say(`   plain loop    ${speed(run.mails, run.plainMs)}`);
  say(`   worker pool   ${speed(run.mails, run.pooledMs)}`);
  say(`   speed-up      ${(run.plainMs / run.pooledMs).toFixed(2)} times, both with their start-up`);
  const [pooled, plain] = await Promise.all([readFile(files.pooled), readFile(files.plain)]);
  if (!pooled.equals(plain)) throw new Error(`Outputs differ from line ${firstDifference(pooled, plain)} on`);
  say('   outputs       byte-identical, in the order of the input');
}

function speed(mails: number, ms: number): string {
  const rate = Math.round((mails / ms) * 1000).toLocaleString('en');
  return `${(ms / 1000).toFixed(2).padStart(6)} s   ${rate.padStart(7)} rows/s`;
}

function firstDifference(left: Buffer, right: Buffer): number {
  const [lines, others] = [left.toString().split('\n'), right.toString().split('\n')];
  return lines.findIndex((line, index) => line !== others[index]) + 1 || lines.length + 1;
}

async function groupNearDuplicates(): Promise<void> {
  const groups = findNearDuplicates(await readFeatures(files.pooled));
  const lines = groups.map(({ mails, ...rest }) =>
    JSON.stringify({ ...rest, mails: mails.map(({ id }) => id) }),
  );
  await writeFile(files.groups, lines.map((line) => `${line}\n`).join(''));
  say('\n4. Near-duplicate mails, from the MinHash signatures');
  for (const line of summarise(groups)) say(`   ${line}`);
  for (const group of groups.slice(0, shownGroups)) say(`\n${describeGroup(group)}`);
  say(`\n   Read them yourself: ${relative(process.cwd(), corpusFolder)}/<name>*.txt`);
}

/** The record of the run: the story of one row, and whether all of it is whole. */
async function askTrail(mails: number): Promise<void> {
  const row = String(Math.floor(mails / 2));
  say(`\n5. The record of the run: the story of row ${row}, and whether all of it is whole\n`);
  const [trail, output] = [files.trail, files.pooled].map((file) => relative(process.cwd(), file)) as [
    string,
    string,
  ];
  await runNode(cli, ['explain', trail, row]);
  say('');
  await runNode(cli, ['verify', trail, output]);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function readOptions(): DemoOptions {
  const { values } = parseArgs({ options: { mails: { type: 'string' }, 'pool-size': { type: 'string' } } });
  return {
    mails: positiveInteger('--mails', values.mails),
    poolSize: positiveInteger('--pool-size', values['pool-size']),
  };
}

function positiveInteger(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(value))
    throw new Error(`Cannot run the demo as '${name}' must be a positive integer: received ${value}`);
  return Number(value);
}

// A reader that has seen enough (`npm run demo | head`) ends the demo quietly.
process.stdout.on('error', () => process.exit());

try {
  await main(readOptions());
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
