import { expect, test } from 'vitest';
import { RunEntrance } from '../src/run-entrance.ts';

test('RunEntrance: without a trail nobody finds out about the transform, which would read its file for each batch', () => {
  const entrance = new RunEntrance(undefined, () => {
    throw new Error('Cannot be asked');
  });
  expect(entrance.about).toBeUndefined();
});
