import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUGS, type Bug, type Edit } from './bugs.ts';

/*
 * Does the suite notice the bugs that executors of this kind really had? Each of bugs.ts is put into a copy of the project,
 * and the tests that it names are run there: they must fail. `npm run test:bugs`, or with parts of names:
 * `npm run test:bugs -- permit gate`.
 */

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const COPIED = ['src', 'workers', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts'];
/** Without any bug, for all the tests. */
const LIMIT_MS = 300_000;
/** With a bug, for tests that take seconds without: a bug may keep them from ending, which is noticed too. */
const BUG_LIMIT_MS = 90_000;

type Verdict = 'noticed' | 'NOT NOTICED' | 'DOES NOT RUN';

interface TestReport {
  /** As the run ended: what it stopped at may be missing in its counts. */
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
}

function main(wanted: readonly string[]): number {
  const bugs = BUGS.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
  const copy = mkdtempSync(join(tmpdir(), 'pooled-executor-bugs-'));
  try {
    for (const name of COPIED) cpSync(join(PROJECT, name), join(copy, name), { recursive: true });
    symlinkSync(join(PROJECT, 'node_modules'), join(copy, 'node_modules'));
    const tests = [...new Set(bugs.flatMap((bug) => bug.tests))];
    if (!passes(runTests(copy, tests, LIMIT_MS))) {
      console.error(`Cannot look for bugs as these tests fail without any: ${tests.join(' ')}`);
      return 1;
    }
    let failures = 0;
    for (const bug of bugs) {
      const verdict = verdictOn(bug, copy);
      if (verdict !== 'noticed') failures++;
      console.log(`${verdict.padEnd(12)} ${bug.name}`);
    }
    console.log(`${bugs.length - failures} of ${bugs.length} bugs are noticed.`);
    return failures === 0 ? 0 : 1;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

function verdictOn(bug: Bug, copy: string): Verdict {
  try {
    for (const edit of bug.edits) apply(edit, copy);
    const report = runTests(copy, bug.tests, BUG_LIMIT_MS);
    if (report === 'too long') return 'noticed';
    if (report === undefined || report.numPassedTests + report.numFailedTests === 0) return 'DOES NOT RUN';
    return passes(report) ? 'NOT NOTICED' : 'noticed';
  } finally {
    for (const { file } of bug.edits) cpSync(join(PROJECT, file), join(copy, file));
  }
}

/** @throws Error when the text does not stand there exactly once: the bug has to follow the code. */
function apply({ file, search, replace }: Edit, copy: string): void {
  const path = join(copy, file);
  const parts = readFileSync(path, 'utf8').split(search);
  if (parts.length !== 2) {
    throw new Error(`Cannot put bug into ${file} as this text is in it ${parts.length - 1} times: ${search}`);
  }
  writeFileSync(path, parts.join(replace));
}

function runTests(
  copy: string,
  tests: readonly string[],
  limitMs: number,
): TestReport | 'too long' | undefined {
  const reportFile = join(copy, 'report.json');
  rmSync(reportFile, { force: true });
  const vitest = join('node_modules', 'vitest', 'vitest.mjs');
  const flags = ['--bail=1', '--reporter=json', `--outputFile=${reportFile}`];
  const { error, status } = spawnSync(process.execPath, [vitest, 'run', ...tests, ...flags], {
    cwd: copy,
    stdio: 'ignore',
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  if (error !== undefined && 'code' in error && error.code === 'ETIMEDOUT') return 'too long';
  try {
    const report = JSON.parse(readFileSync(reportFile, 'utf8')) as TestReport;
    return { ...report, success: report.success && status === 0 };
  } catch {
    return undefined;
  }
}

function passes(report: TestReport | 'too long' | undefined): boolean {
  return typeof report === 'object' && report.success && report.numPassedTests > 0;
}

process.exitCode = main(process.argv.slice(2));
