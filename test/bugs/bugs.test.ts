import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BUGS } from './bugs.ts';

test('each bug can be put in: what it changes stands once in its file', () => {
  for (const { name, edits } of BUGS) {
    for (const { file, search } of edits) {
      const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
      expect(text.split(search), `${name}: ${file}`).toHaveLength(2);
    }
  }
});
