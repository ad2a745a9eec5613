import './resume.test.ts';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { DRIFTS, describeDrift } from './drift-battery.ts';
import { test, toLines, transform } from '../helpers/cli.ts';
import { argsOf, killedAt } from '../helpers/killed-runs.ts';
import { RunRecordings } from '../helpers/run-recordings.ts';

const cases = transform('cli-cases.mjs');
const recordings = new RunRecordings();
afterAll(() => recordings.remove());

describe('--resume', () => {
  describeDrift(
    DRIFTS.map(([what]) => what),
    (folder, at) => recordings.copyInto(folder, String(at), () => killedAt(folder, at, argsOf('out.ndjson'))),
  );

  test('CSV: the columns are known again, failed rows before them too; rejects go on as well', async ({
    folder,
  }) => {
    const rows = ['throws', 'throws', 'value', 'value', 'throws', 'value'].map((name, n) => ({
      case: name,
      value: { n, text: `a "quoted", ${n}` },
    }));
    folder.write('in.ndjson', toLines(rows));
    for (const flags of [[], ['--rejects', 'rejects.ndjson']]) {
      const args = ['run', cases, 'in.ndjson', '-o', 'out.csv', ...flags];
      await folder.run([...args]);
      const [output, rejects] = [
        folder.read('out.csv'),
        flags.length > 0 ? folder.read('rejects.ndjson') : '',
      ];
      for (const length of [0, 1, 10, output.length - 3]) {
        truncateSync(join(folder.path, 'out.csv'), length);
        if (rejects !== '') truncateSync(join(folder.path, 'rejects.ndjson'), length);
        const { code } = await folder.run([...args, '--resume']);
        expect({ code, output: folder.read('out.csv') }).toEqual({ code: 3, output });
        if (rejects !== '') expect(folder.read('rejects.ndjson')).toBe(rejects);
      }
    }
  });
});
