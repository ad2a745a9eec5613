import { TextRows } from '../../src/core/text-rows.ts';

export function textRowsOf(texts: readonly string[]): TextRows {
  let end = -1;
  const ends = Int32Array.from(texts, (text) => (end += 1 + text.length));
  return new TextRows(texts.join('\n'), ends);
}

export function listTexts(rows: TextRows): string[] {
  return Array.from({ length: rows.size }, (_, index) => rows.at(index));
}
