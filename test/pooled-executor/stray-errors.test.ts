import { describe, expect } from 'vitest';
import { workerUrl } from '../helpers/engines.ts';
import { test } from '../helpers/executor-fixture.ts';
import { contextsOf, range } from '../helpers/rows.ts';
import { collectWarnings } from '../helpers/warnings.ts';
import type { StrayRow } from '../workers/stray-transform.ts';

const ROWS = 1_000;
const STRAY = 600;

describe('a stray error', () => {
  const row = `Row 'row-${STRAY}'`;
  test.for<[StrayRow, ...string[]]>([
    ['timer', row],
    ['rejection', row],
    ['rejection of a promise from before', row, "The transform's module"], // Node 22 knows only who has made it
  ])(
    'I11 (%s) is charged to the row that left it, and not to those before or behind',
    async ([left, ...charged], { createExecutor }) => {
      const warnings = collectWarnings();
      const transform = workerUrl('stray-transform.ts');
      const executor = createExecutor<StrayRow, StrayRow>({ transform, poolSize: 1, sliceSize: 100 });
      const rows = range(ROWS).map((): StrayRow => 'nothing');
      rows.splice(STRAY, 2, left, 'turn');
      const { entries } = await executor.executeBatch(contextsOf(rows));
      expect(entries.every(({ result }) => result.status === 'success')).toBe(true);
      for (let round = 0; warnings.length === 0; round++) {
        await executor.executeBatch(contextsOf(['turn'], `round ${round}`));
      }
      expect(warnings).toHaveLength(1);
      expect(charged.some((whose) => warnings[0]?.startsWith(whose))).toBe(true);
      expect(warnings[0]).toContain(`left as ${left}`);
    },
  );
});
