import { TextRows } from '../../src/core/text-rows.ts';

/** Of texts that are well-formed. */
export function textRowsOf(texts: readonly string[]): TextRows {
  let end = -1;
  const ends = texts.map((text) => (end += 1 + Buffer.byteLength(text)));
  const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
  return new TextRows({
    bytes: shared(bytes),
    ends: new Int32Array(shared(Int32Array.from(ends)).buffer),
    base: 0,
  });
}

function shared(view: Uint8Array | Int32Array): Uint8Array {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
