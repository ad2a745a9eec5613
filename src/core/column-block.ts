import { makeObjects } from './shape-maker.ts';

/** What a column of a block is made of. */
type ColumnKind =
  /** Numbers only. */
  | 'numbers'
  /** Strings only. */
  | 'strings'
  /** Any primitives. */
  | 'primitives'
  /** Anything that JSON carries exactly, as one JSON text. */
  | 'json';

/** Values of one shape as they cross a boundary, column by column. */
export interface ColumnBlock {
  readonly count: number;
  /** The keys of each value; undefined when the values are the only column themselves. */
  readonly keys: readonly string[] | undefined;
  readonly kinds: readonly ColumnKind[];
  /** All columns of numbers, one after the other. */
  readonly numbers: Float64Array;
  /** All columns of strings, one after the other, and each string's length. */
  readonly text: string;
  readonly lengths: Int32Array;
  /** The other columns, in their order. */
  readonly others: readonly (string | readonly unknown[])[];
}

/** A column to put into a block: primitives, or the JSON text of each value. */
export interface Column {
  readonly values: readonly unknown[];
  readonly nested: boolean;
}

/** Joins columns of the same length. One message with a few large parts is cheaper than one with many small ones. */
export function toBlock(keys: readonly string[] | undefined, columns: readonly Column[]): ColumnBlock {
  const count = columns[0]?.values.length ?? 0;
  const kinds = columns.map(kindOf);
  const numbers = new Float64Array(count * kinds.filter((kind) => kind === 'numbers').length);
  const lengths = new Int32Array(count * kinds.filter((kind) => kind === 'strings').length);
  const others: (string | readonly unknown[])[] = [];
  let text = '';
  let numbersAt = 0;
  let lengthsAt = 0;
  for (const [index, { values }] of columns.entries()) {
    switch (kinds[index]) {
      case 'numbers':
        for (let row = 0; row < count; row++) numbers[numbersAt++] = values[row] as number;
        break;
      case 'strings':
        for (let row = 0; row < count; row++) lengths[lengthsAt++] = (values[row] as string).length;
        text += values.join('');
        break;
      case 'json':
        others.push(`[${values.join(',')}]`);
        break;
      default:
        others.push(values);
    }
  }
  return { count, keys, kinds, numbers, text, lengths, others };
}

function kindOf({ values, nested }: Column): ColumnKind {
  if (nested) return 'json';
  const type = typeof values[0];
  if ((type !== 'number' && type !== 'string') || !isOfType(values, type)) return 'primitives';
  return type === 'number' ? 'numbers' : 'strings';
}

function isOfType(values: readonly unknown[], type: 'number' | 'string'): boolean {
  for (let row = 1; row < values.length; row++) if (typeof values[row] !== type) return false;
  return true;
}

/** Gives fresh values. */
export function decodeBlock(block: ColumnBlock): unknown[] {
  const columns = columnsOf(block);
  const { keys, count } = block;
  if (keys === undefined) return columns[0] === undefined ? [] : Array.from(columns[0]);
  return makeObjects(keys, columns, count);
}

function columnsOf({ count, kinds, numbers, text, lengths, others }: ColumnBlock): ArrayLike<unknown>[] {
  let numbersAt = 0;
  let lengthsAt = 0;
  let textAt = 0;
  let othersAt = 0;
  return kinds.map((kind) => {
    switch (kind) {
      case 'numbers':
        return numbers.subarray(numbersAt, (numbersAt += count));
      case 'strings': {
        const strings = new Array<string>(count);
        for (let row = 0; row < count; row++) {
          strings[row] = text.slice(textAt, (textAt += lengths[lengthsAt++] as number));
        }
        return strings;
      }
      case 'json':
        return JSON.parse(others[othersAt++] as string) as unknown[];
      case 'primitives':
        return others[othersAt++] as readonly unknown[];
    }
  });
}
