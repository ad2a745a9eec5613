import { expect, test } from 'vitest';
import { LookPacer } from '../../src/engine/look-pacer.ts';

test('LookPacer: looks take no more than their share, as the last one took', () => {
  const pacer = new LookPacer(0.01, 1);
  expect(pacer.dueAt).toBe(100);
  pacer.onLooked(2, 100);
  expect(pacer.dueAt).toBe(300);
  pacer.onLooked(0.5, 300);
  expect(pacer.dueAt).toBe(350);
});

test('LookPacer: a look that was held up counts for four at most, one that goes on so is believed', () => {
  const pacer = new LookPacer(0.01, 1);
  pacer.onLooked(1, 0);
  pacer.onLooked(10, 100);
  expect(pacer.dueAt).toBe(100 + 400);
  pacer.onLooked(10, 500);
  expect(pacer.dueAt).toBe(500 + 1_000);
});

test('LookPacer: what can always be afforded is due at once', () => {
  const pacer = new LookPacer(Infinity, 1);
  expect(pacer.dueAt).toBe(0);
  pacer.onLooked(5, 20);
  expect(pacer.dueAt).toBe(20);
});
