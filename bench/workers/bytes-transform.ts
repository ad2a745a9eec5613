import { move as moveByPiscina } from 'piscina';
import { move } from '../built-package.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Changes one byte, so that input and output can be told apart. */
export default function transform(row: Bytes): Bytes {
  row[0] = ((row[0] as number) + 1) & 0xff;
  return row;
}

/** The output changes its owner instead of being copied. */
export function transformAndMove(row: Bytes): Bytes {
  return move(transform(row));
}

/** The same for piscina. */
export function transformForPiscina(row: Bytes): unknown {
  return moveByPiscina(transform(row));
}
