/*
 * StrykerJS makes a mutant live in the process that runs the tests, and counts which mutants each test comes by. Here the
 * threads and child processes that the tests start take part in both: their environment says which mutant lives, where the
 * mutated code looks as well, and where to write down the mutants they come by (../suite/note-coverage.js).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, inject } from 'vitest';

/** By id of the mutant: how often it was come by. */
type Counts = Record<string, number>;

interface Stryker {
  activeMutant?: string;
  currentTestId?: string | undefined;
  mutantCoverage?: { readonly static: Counts; readonly perTest: Record<string, Counts> };
}

const stryker = (globalThis as { __stryker__?: Stryker }).__stryker__ ?? {};

if ((inject as (key: string) => unknown)('mode') === 'mutant') {
  beforeAll(() => {
    process.env['__STRYKER_ACTIVE_MUTANT__'] = stryker.activeMutant;
  });
} else {
  countInWorkers(currentUntilTheNext());
}

function countInWorkers(currentTest: () => string | undefined): void {
  const folder = mkdtempSync(join(tmpdir(), 'pooled-executor-mutants-'));
  const file = join(folder, 'covered.txt');
  let lastTest: string | undefined;
  const collect = () => {
    if (lastTest !== undefined) count(lastTest, readFileSync(file, 'utf8').split('\n').slice(0, -1));
    writeFileSync(file, '');
  };
  beforeAll(() => {
    collect();
    process.env['MUTANTS_COVERED_FILE'] = file;
  });
  beforeEach(() => {
    collect(); // what workers did while the fixture of the test before freed them
    lastTest = currentTest();
  });
  afterAll(() => {
    collect();
    delete process.env['MUTANTS_COVERED_FILE'];
    rmSync(folder, { recursive: true });
  });
}

/** What a fixture does after its test belongs to the test still; else StrykerJS takes it for what every module does when it is loaded. */
function currentUntilTheNext(): () => string | undefined {
  let current: string | undefined;
  Object.defineProperty(stryker, 'currentTestId', {
    configurable: true,
    get: () => current,
    set: (test: string | undefined) => {
      current = test ?? current;
    },
  });
  afterAll(() => {
    current = undefined;
  });
  return () => current;
}

function count(test: string, ids: readonly string[]): void {
  stryker.mutantCoverage ??= { static: {}, perTest: {} };
  const counts = (stryker.mutantCoverage.perTest[test] ??= {});
  for (const id of ids) counts[id] = (counts[id] ?? 0) + 1;
}
