import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TransformContext } from '../../src/core/transform.ts';
import { TransformLoadError } from '../../src/engine/engine.ts';
import { loadTransform } from '../../src/engine/load-transform.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'load-transform-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

/** Writes a module and gives its URL. */
async function moduleOf(name: string, code: string): Promise<string> {
  const path = join(directory, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, code);
  return pathToFileURL(path).href;
}

async function runLoaded(url: string, exportName = 'default'): Promise<unknown> {
  const transform = await loadTransform(url, exportName);
  return transform(20, {} as TransformContext);
}

const dataUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;

/** What loading rejects with, which must be a TransformLoadError. */
async function refusalOf(url: string, exportName = 'default'): Promise<TransformLoadError> {
  const refusal: unknown = await loadTransform(url, exportName).catch((reason: unknown) => reason);
  expect(refusal).toBeInstanceOf(TransformLoadError);
  return refusal as TransformLoadError;
}

describe('loadTransform', () => {
  test('gives the default export, or the one that is named', async () => {
    const url = await moduleOf(
      'exports.mjs',
      'export default (row) => row + 1; export const twice = (row) => row * 2;',
    );
    expect(await runLoaded(url)).toBe(21);
    expect(await runLoaded(url, 'twice')).toBe(40);
  });

  test('gives what a CommonJS module exports', async () => {
    const url = await moduleOf('single.cjs', 'module.exports = (row) => row + 2;');
    expect(await runLoaded(url)).toBe(22);
    const named = await moduleOf('named.cjs', 'exports.twice = (row) => row * 2;');
    expect(await runLoaded(named, 'twice')).toBe(40);
  });

  test('looks a level deeper, as compiled CommonJS modules need', async () => {
    const compiled = dataUrl(
      'const fn = (row) => row + 3; export default { default: fn, twice: (row) => row * 2 };',
    );
    expect(await runLoaded(compiled)).toBe(23);
    expect(await runLoaded(compiled, 'twice')).toBe(40);
  });

  test('an export of the module goes before one of its default export', async () => {
    const url = dataUrl('export const twice = (row) => row * 2; export default { twice: () => "inner" };');
    expect(await runLoaded(url, 'twice')).toBe(40);
  });

  test('loads a module by a data URL', async () => {
    expect(await runLoaded(dataUrl('export default (row) => row + 4;'))).toBe(24);
  });
});

describe('loadTransform: refusals', () => {
  test('a file that is not there is named', async () => {
    const url = pathToFileURL(join(directory, 'missing.mjs')).href;
    const { name, message } = await refusalOf(url);
    expect(name).toBe('TransformLoadError');
    expect(message).toBe(`Cannot load transform ${fileURLToPath(url)}: there is no such file`);
  });

  test.each([
    ['has no such export (it exports: default, other)', 'export default 1; export const other = 2;', 'score'],
    ['exports it as number (it exports: default)', 'export default 5;', 'default'],
    ['exports it as null (it exports: default)', 'export default null;', 'default'],
    ['exports it as object (it exports: default)', 'export default { a: 1 };', 'default'],
    ['exports it as string (it exports: score)', 'export const score = "x";', 'score'],
    ['has no such export (it exports: nothing)', '', 'default'],
  ])('a module that %s', async (found, code, exportName) => {
    const url = dataUrl(code);
    expect((await refusalOf(url, exportName)).message).toBe(
      `Cannot load transform ${url}: export '${exportName}' must be a function, but the module ${found}`,
    );
  });

  test('a module that throws while it loads: file, name and message, and the error as cause', async () => {
    const url = await moduleOf('throws.mjs', 'throw new RangeError("out of range");');
    const { message, cause } = await refusalOf(url);
    expect(message).toBe(`Cannot load transform ${fileURLToPath(url)}: RangeError: out of range`);
    expect(cause).toMatchObject({ name: 'RangeError', message: 'out of range' });
  });

  test('a module that throws something else while it loads', async () => {
    const { message, cause } = await refusalOf(dataUrl('throw "no reason";'));
    expect(message).toMatch(/: no reason$/);
    expect(cause).toBe('no reason');
  });

  test('I10 a module that throws what can not be made a text', async () => {
    expect((await refusalOf(dataUrl('throw Object.create(null);'))).message).toMatch(
      /^Cannot load transform data:/,
    );
  });

  test('a module that can not be parsed', async () => {
    const { message } = await refusalOf(dataUrl('export default ('));
    expect(message).toMatch(/SyntaxError/);
  });

  test('a module that imports one that is not there', async () => {
    const url = await moduleOf('imports.mjs', "import './not-there.mjs'; export default () => 1;");
    expect((await refusalOf(url)).message).toMatch(/not-there\.mjs/);
  });
});
