import { move } from 'piscina';

/** Changes one byte, so that input and output can be told apart. */
export default function transform(row: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  row[0] = ((row[0] as number) + 1) & 0xff;
  return row;
}

/** For piscina: the output changes its owner instead of being copied. */
export function transformAndMove(row: Uint8Array<ArrayBuffer>): unknown {
  return move(transform(row));
}
