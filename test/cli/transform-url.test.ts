import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { UsageError } from '../../src/cli/exit.ts';
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
  ['file://host/x.mjs', /host must be/],
  ['file:///a%2Fb.mjs', /must not include encoded/],
  ['file:///%zz.mjs', /URI malformed/],
  ['file://[', /Invalid URL/],
])('urlOfTransform: %s is none of a file', (transform, why) => {
  expect(() => urlOfTransform(transform)).toThrow(UsageError);
  expect(() => urlOfTransform(transform)).toThrow(`Cannot load transform ${transform}: `);
  expect(() => urlOfTransform(transform)).toThrow(why);
});

test.each([
  ['file:///data/a%20b.mjs?v=1', '/data/a b.mjs'],
  ['data:text/javascript,export default 1', undefined],
])('fileOfTransform: %s', (url, file) => {
  expect(fileOfTransform(url)).toBe(file);
});
