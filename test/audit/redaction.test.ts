import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import { requestSha256 } from '../../src/audit/records.ts';
import { redactedSha256 } from '../../src/audit/redacted-hash.ts';
import { REDACTED, Redactor } from '../../src/audit/redactor.ts';
import { encode } from '../../src/core/codec.ts';
import { SqliteAuditTrail, type Transform } from '../../src/index.ts';
import { shapeOf } from '../core/arbitrary-values.ts';
import { turns } from '../helpers/event-loop.ts';
import { test } from '../helpers/executor-fixture.ts';
import { openTrail, recordsIn, trailPath } from '../helpers/trail-files.ts';
import { makeTrackedTransform } from '../helpers/transforms.ts';
import { collectWarnings } from '../helpers/warnings.ts';

describe('Redactor', () => {
  test.each<[string, unknown, unknown]>([
    ['apiKey', { apiKey: 1, other: 2 }, { apiKey: REDACTED, other: 2 }],
    ['a.b', { a: { b: { c: 1 } } }, { a: { b: REDACTED } }],
    ['*.key', { one: { key: 1 }, two: [1], key: 3 }, { one: { key: REDACTED }, two: [1], key: 3 }],
    [
      'list[*].key',
      { list: [{ key: 1 }, 5, { key: null }] },
      { list: [{ key: REDACTED }, 5, { key: REDACTED }] },
    ],
    ['list.0', { list: [1, 2] }, { list: [REDACTED, 2] }],
    ['["a.b"][\'c\'][0]', { 'a.b': { c: ['s'] } }, { 'a.b': { c: [REDACTED] } }],
    ['map.key', { map: new Map([['key', 1]]) }, { map: new Map([['key', REDACTED]]) }],
    ['*', [1, { a: 2 }], [REDACTED, REDACTED]],
    [
      '__proto__.key',
      JSON.parse('{"__proto__":{"key":1}}'),
      JSON.parse(`{"__proto__":{"key":"${REDACTED}"}}`),
    ],
  ])('%s', (path, value, redacted) => {
    expect(new Redactor([path]).redact(value)).toBe(true);
    expect(shapeOf(value)).toEqual(shapeOf(redacted));
  });

  test.each(['missing', 'a.missing', 'a.b.c.d', 'toString', 'a.constructor'])(
    '%s leads nowhere: nothing changes',
    (path) => {
      const value = { a: { b: 1 } };
      expect(new Redactor([path]).redact(value)).toBe(false);
      expect(value).toEqual({ a: { b: 1 } });
    },
  );

  test.each(['$', '$.pin', '$[0]', '**', '**.pin', 'a.**'])(
    '%j is refused, as it would lead nowhere',
    (path) => {
      expect(() => new Redactor([path])).toThrow(`Cannot redact '${path}' as paths begin below the value`);
    },
  );

  test.each(['$ref', 'a.$', '["$"].pin'])('%j is a path', (path) => {
    expect(() => new Redactor([path])).not.toThrow();
  });

  test.each(['', 'a..b', '.a', 'a.', '[', 'a[', '[]', 'a]b'])('%j is no path', (path) => {
    expect(() => new Redactor([path])).toThrow(`Cannot redact '${path}' as it is no path`);
    expect(() => new SqliteAuditTrail('run.db', { redact: [path] })).toThrow(TypeError);
  });

  test('a text without what a path leads to is told apart as it stands', () => {
    const redactor = new Redactor(['secret']);
    const hash = (text: string) => redactedSha256(text, redactor, true);
    expect(hash('{ "a": 1 }')).toBe(requestSha256(encode('{ "a": 1 }')));
    expect(hash('{ "secret": 1 }')).toBe(hash('{"secret":2}'));
    expect(hash('{ "a": 1 }')).not.toBe(hash('{"a":1}'));
  });

  test('whatever stands at the end of a path is gone, and nothing else has changed', () => {
    const key = fc.constantFrom('a', 'b', 'secret', '0');
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 3 }, fc.integer(), fc.dictionary(key, tie('tree')), fc.array(tie('tree'))),
    }));
    fc.assert(
      fc.property(tree, fc.array(key, { minLength: 1, maxLength: 3 }), (value, path) => {
        const before = structuredClone(value);
        const changed = new Redactor([path.join('.')]).redact(value);
        const at = (root: unknown) =>
          path.reduce<unknown>(
            (part, name) =>
              Object(part) === part
                ? Object.entries(part as object).find(([own]) => own === name)?.[1]
                : undefined,
            root,
          );
        expect(changed).toBe(at(before) !== undefined);
        if (changed) expect(at(value)).toBe(REDACTED);
        else expect(value).toEqual(before);
      }),
    );
  });
});

const SECRET = 'hunter2-4711';

/** All bytes of the files of a trail. */
function bytesOf(path: string): Buffer {
  const folder = dirname(path);
  return Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
}

describe('SqliteAuditTrail: redact', () => {
  test('a path that led to nothing is warned of when the trail is closed, as it may be misspelt', async ({
    createExecutor,
  }) => {
    const warnings = collectWarnings('POOLED_EXECUTOR_IDLE_REDACTION');
    const unused = openTrail(trailPath(), { redact: ['apiKey'] });
    await unused.runs();
    await unused.close();
    await turns();
    expect(warnings, 'nothing was written').toEqual([]);

    const trail = openTrail(trailPath(), { redact: ['apiKey', 'apikey', '*.token'] });
    const { transform } = makeTrackedTransform<object>();
    const executor = createExecutor({ transform, audit: trail }, { further: 'refused' });
    await executor.map([{ id: 1 }, { apiKey: SECRET }]);
    await trail.close();
    await turns();
    expect(warnings).toEqual([
      `Nothing was redacted at 'apikey', '*.token' in what was written to audit trail ${trail.path}: no value had such a path; check how it is spelt`,
    ]);
  });

  test.for([{ text: 'values' as const }, { text: 'json' as const }])(
    'no byte of a secret is in the files, also while they are written ($text)',
    async ({ text }, { createExecutor }) => {
      const path = trailPath();
      const trail = openTrail(path, { text, redact: ['*.apiKey', 'headers.authorization', 'apiKey'] });
      const form = (value: unknown) => (text === 'json' ? JSON.stringify(value) : value);
      const transform: Transform<unknown, unknown> = async (row, context) => {
        if (context.rowIndex === 2) {
          const cause = Object.assign(new Error('inner'), { apiKey: SECRET });
          throw Object.assign(new Error('outer', { cause }), { headers: { authorization: SECRET } });
        }
        await context.call('ask', { headers: { authorization: SECRET } }, () => ({ a: { apiKey: SECRET } }));
        return row;
      };
      const executor = createExecutor({ transform, audit: trail }, { further: 'refused' });
      const filler = 'x'.repeat(2_000);
      const rows = [
        form({ service: { apiKey: SECRET }, visible: 1 }),
        form({ headers: { authorization: SECRET }, visible: 2, filler }),
        form({ apiKey: SECRET }),
        ...(text === 'json' ? [`{"apiKey":"${SECRET}"`] : [new Map([['apiKey', SECRET]])]),
      ];
      const results = await executor.map(rows, { runId: 'one' });
      expect(JSON.stringify(results)).toContain(SECRET); // the caller gets what the transform gave
      expect(bytesOf(path).includes(SECRET)).toBe(false);
      expect(bytesOf(path).includes('visible')).toBe(true);
      const records = await recordsIn(trail);
      expect(records.filter(({ kind }) => kind === 'entry')).toHaveLength(4);
      await trail.close();
      expect(bytesOf(path).includes(SECRET)).toBe(false);
    },
  );

  test.for(['values', 'json'] as const)(
    'the hash of a request says nothing of what is redacted in it, and tells apart what else is in it (text: %s)',
    async (text, { createExecutor }) => {
      const trail = openTrail(trailPath(), { redact: ['pin'], text });
      const executor = createExecutor<unknown, unknown>({ transform: () => 1, audit: trail });
      const rows = [
        { pin: 4711, a: 1 },
        { pin: 4712, a: 1 },
        { pin: 4711, a: 2 },
      ];
      await executor.map(text === 'json' ? rows.map((row) => JSON.stringify(row)) : rows);
      const records = await recordsIn(trail, { kinds: ['row'] });
      const hashes = records.map((row) => (row.kind === 'row' ? row.requestSha256 : ''));
      expect(hashes[1]).toBe(hashes[0]);
      expect(hashes[2]).not.toBe(hashes[0]);
    },
  );

  test('a run that redacts is continued: changes of what is redacted are not noticed, others are', async ({
    createExecutor,
  }) => {
    const trail = openTrail(trailPath(), { redact: ['pin'] });
    const run = (rows: readonly unknown[]) =>
      createExecutor<unknown, unknown>({ transform: () => 1, audit: trail }).map(rows, { runId: 'run' });
    await run([{ pin: 4711, a: 1 }, new Map([['pin', 1]])]);
    expect(await run([{ pin: 4712, a: 1 }, new Map([['pin', 2]])])).toHaveLength(2);
    await expect(run([{ pin: 4711, a: 2 }, new Map([['pin', 1]])])).rejects.toThrow('has changed');
  });
});
