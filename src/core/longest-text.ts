/**
 * Longer texts are taken apart where that is possible, in characters. V8 gives each string of more than 128 KB (Node 22 and
 * 24; 256 KB in Node 26) pages of its own, which come from the system with the string and go with it: making one cost
 * 4 µs per KB in a virtual machine, and 0.13 µs per KB below that size.
 */
export const LONGEST_TEXT = 98_304;

/** Part of a list, from one index to, not including, another. */
export interface Piece {
  readonly from: number;
  readonly to: number;
}

/**
 * Cuts a list into pieces, none of which is longer than {@link LONGEST_TEXT} unless it has a single item.
 *
 * @param lengths of the items, in order
 * @param most items in a piece
 */
export function piecesOf(lengths: ArrayLike<number>, most = Infinity): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  let characters = 0;
  for (let to = 0; to < lengths.length; to++) {
    const length = lengths[to] as number;
    if (to > from && (characters + length > LONGEST_TEXT || to - from === most)) {
      pieces.push({ from, to });
      from = to;
      characters = 0;
    }
    characters += length;
  }
  if (from < lengths.length) pieces.push({ from, to: lengths.length });
  return pieces;
}
