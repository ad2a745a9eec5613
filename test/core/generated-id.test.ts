import { expect, test } from 'vitest';
import { generatedStateId } from '../../src/core/generated-id.ts';

test('generatedStateId: names the row by its index', () => {
  expect([0, 7, 12_345].map(generatedStateId)).toEqual(['row-0', 'row-7', 'row-12345']);
});
