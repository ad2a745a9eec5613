import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { fileOfTransform, urlOfTransform } from '../../src/cli/transform-url.ts';

test.each([
  ['t.mjs', pathToFileURL(resolve('t.mjs')).href],
  ['/data/a b.mjs', 'file:///data/a%20b.mjs'],
  ['file:///data/t.mjs', 'file:///data/t.mjs'],
  ['data:text/javascript,export default 1', 'data:text/javascript,export default 1'],
])('urlOfTransform: %s', (transform, url) => {
  expect(urlOfTransform(transform)).toBe(url);
});

test.each([
  ['file:///data/a%20b.mjs?v=1', '/data/a b.mjs'],
  ['data:text/javascript,export default 1', undefined],
])('fileOfTransform: %s', (url, file) => {
  expect(fileOfTransform(url)).toBe(file);
});
