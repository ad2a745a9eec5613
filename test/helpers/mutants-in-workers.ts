/*
 * StrykerJS makes a mutant live in the process that runs the tests, and counts which mutants each test comes by. Here the
 * threads and child processes that the tests start take part in both: their environment says which mutant lives, where the
 * mutated code looks as well, and where to write down the mutants they come by (../suite/note-coverage.js).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, inject } from 'vitest';

/** By id of the mutant: how often it was come by. */
type Counts = Record<string, number>;

interface Stryker {
  activeMutant?: string;
  currentTestId?: string;
  mutantCoverage?: { readonly static: Counts; readonly perTest: Record<string, Counts> };
}

const MUTANT = '__STRYKER_ACTIVE_MUTANT__';
const stryker = (globalThis as { __stryker__?: Stryker }).__stryker__ ?? {};

if ((inject as (key: string) => unknown)('mode') === 'mutant') liveInWorkers();
else countInWorkers();

function liveInWorkers(): void {
  beforeAll(() => {
    process.env[MUTANT] = stryker.activeMutant;
  });
}

function countInWorkers(): void {
  let folder: string;
  let file: string;
  let lastTest: string | undefined;
  const collect = () => {
    if (lastTest !== undefined) count(lastTest, readFileSync(file, 'utf8').split('\n').slice(0, -1));
    writeFileSync(file, '');
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pooled-executor-mutants-'));
    file = join(folder, 'covered.txt');
    writeFileSync(file, '');
    process.env['MUTANTS_COVERED_FILE'] = file;
  });
  beforeEach(() => {
    collect(); // what the test before has left running
    lastTest = stryker.currentTestId;
  });
  afterEach(collect);
  afterAll(() => {
    collect();
    delete process.env['MUTANTS_COVERED_FILE'];
    rmSync(folder, { recursive: true });
  });
}

function count(test: string, ids: readonly string[]): void {
  stryker.mutantCoverage ??= { static: {}, perTest: {} };
  const counts = (stryker.mutantCoverage.perTest[test] ??= {});
  for (const id of ids) counts[id] = (counts[id] ?? 0) + 1;
}
