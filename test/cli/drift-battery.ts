import { expect } from 'vitest';
import { fromLines, test, toLines, type CliFolder } from '../helpers/cli.ts';
import { argsOf, recordsIn } from '../helpers/killed-runs.ts';

type Drift = readonly [
  what: string,
  change: (folder: CliFolder) => string[],
  message: RegExp,
  lost: 'input' | 'flags',
];

export const DRIFTS: readonly Drift[] = [
  [
    'another row',
    (folder) => {
      folder.write('in.ndjson', folder.read('in.ndjson').replace('{"n":2,', '{"n":22,'));
      return [];
    },
    /row 2 \('row-2'\) has changed/,
    'input',
  ],
  [
    'fewer rows',
    (folder) => {
      folder.write('in.ndjson', toLines(fromLines(folder.read('in.ndjson')).slice(0, 3)));
      return [];
    },
    /the input ends after 3 rows, on record are \d/,
    'input',
  ],
  [
    'another option',
    () => ['--attempt-timeout-ms', '9000'],
    /--attempt-timeout-ms is 9000, on record it was not given/,
    'flags',
  ],
  ['worker data', () => ['--worker-data', '5'], /--worker-data is given, on record it was not/, 'flags'],
  ['environment', () => ['--env', 'A=1'], /--env is given, on record it was not/, 'flags'],
  ['rejects', () => ['--rejects', 'r.ndjson'], /--rejects is given, on record it was not/, 'flags'],
];

/**
 * Describes that a run is not continued with something else than it began with, unless the user says so. `killedAt` makes a
 * run that was killed while it held this row.
 */
export function describeDrift(
  names: readonly string[],
  killedAt: (folder: CliFolder, at: number) => Promise<void>,
): void {
  test.for(DRIFTS.filter(([what]) => names.includes(what)))(
    '%s is refused by name, and allowed with --allow-drift',
    async ([, change, message, lost], { folder }) => {
      await killedAt(folder, 4);
      const before = folder.read('out.ndjson');
      const flags = change(folder);
      const refused = await folder.ask(...argsOf('out.ndjson', '--resume', ...flags));
      expect({ code: refused.code, output: folder.read('out.ndjson') }).toEqual({ code: 2, output: before });
      expect(refused.stderr).toMatch(message);
      expect(refused.stderr).toContain('Cannot continue the run as it differs from the record: ');
      expect(refused.stderr).toContain(
        `. Give it the ${lost} that it had, or --allow-drift to continue all the same\n`,
      );
      const allowed = await folder.ask(...argsOf('out.ndjson', '--resume', '--allow-drift', ...flags));
      expect(allowed.code).toBe(0);
      expect(allowed.stderr).toMatch(
        new RegExp(`^pooled-executor: continuing although ${message.source}.*\n`),
      );
      const output = folder.read('out.ndjson');
      const rows = Math.min(fromLines(before).length, fromLines(output).length);
      expect(fromLines(output).slice(0, rows)).toEqual(fromLines(before).slice(0, rows)); // results on record stay
      expect(fromLines(output)).toHaveLength(fromLines(folder.read('in.ndjson')).length);
      const batch = (await recordsIn(folder)).findLast((record) => record.kind === 'batch');
      expect(batch?.continues?.drift).toEqual([expect.stringMatching(message)]);
    },
  );
}
