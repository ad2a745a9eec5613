import { makeObjects } from './shape-maker.ts';

/** What a column of a block is made of. */
type ColumnKind =
  /** Whole numbers of 32 bits only: objects that are made of them are smaller, as they have no numbers beside them. */
  | 'integers'
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
  /** All columns of integers, one after the other. */
  readonly integers: Int32Array;
  /** All columns of numbers, one after the other. */
  readonly numbers: Float64Array;
  /** All columns of strings, one after the other, with a line break between each two strings, and each string's length. */
  readonly text: string;
  readonly lengths: Int32Array;
  /** The other columns, in their order. */
  readonly others: readonly (string | readonly unknown[])[];
}

/** Values of a column, some of which are to be put into a block: primitives, or the JSON text of each value. */
export interface Column {
  readonly values: readonly unknown[];
  readonly nested: boolean;
}

/** The rows of a column, from one on to, not including, another. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** Joins a part of columns. One message with a few large parts is cheaper than one with many small ones. */
export function toBlock(
  keys: readonly string[] | undefined,
  columns: readonly Column[],
  { from, to }: Range,
): ColumnBlock {
  const count = to - from;
  const kinds = columns.map((column) => kindOf(column, from, to));
  const integers = new Int32Array(count * countOf(kinds, 'integers'));
  const numbers = new Float64Array(count * countOf(kinds, 'numbers'));
  const lengths = new Int32Array(count * countOf(kinds, 'strings'));
  const others: (string | readonly unknown[])[] = [];
  const texts: string[] = [];
  let integersAt = 0;
  let numbersAt = 0;
  let lengthsAt = 0;
  for (const [index, { values }] of columns.entries()) {
    switch (kinds[index]) {
      case 'integers':
        for (let row = from; row < to; row++) integers[integersAt++] = values[row] as number;
        break;
      case 'numbers':
        for (let row = from; row < to; row++) numbers[numbersAt++] = values[row] as number;
        break;
      case 'strings':
        for (let row = from; row < to; row++) lengths[lengthsAt++] = (values[row] as string).length;
        texts.push(values.slice(from, to).join('\n'));
        break;
      case 'json':
        others.push(`[${values.slice(from, to).join(',')}]`);
        break;
      default:
        others.push(values.slice(from, to));
    }
  }
  return { count, keys, kinds, integers, numbers, text: texts.join('\n'), lengths, others };
}

function countOf(kinds: readonly ColumnKind[], kind: ColumnKind): number {
  return kinds.filter((other) => other === kind).length;
}

function kindOf({ values, nested }: Column, from: number, to: number): ColumnKind {
  if (nested) return 'json';
  switch (typeof values[from]) {
    case 'number':
      return kindOfNumbers(values, from, to);
    case 'string':
      for (let row = from; row < to; row++) if (typeof values[row] !== 'string') return 'primitives';
      return 'strings';
    default:
      return 'primitives';
  }
}

function kindOfNumbers(values: readonly unknown[], from: number, to: number): ColumnKind {
  let kind: ColumnKind = 'integers';
  for (let row = from; row < to; row++) {
    const value = values[row];
    if (typeof value !== 'number') return 'primitives';
    if ((value | 0) !== value || Object.is(value, -0)) kind = 'numbers';
  }
  return kind;
}

/** Gives fresh values. */
export function decodeBlock(block: ColumnBlock): unknown[] {
  const columns = columnsOf(block);
  const { keys, count } = block;
  if (keys === undefined) return columns[0] === undefined ? [] : Array.from(columns[0]);
  return makeObjects(keys, columns, count);
}

function columnsOf(block: ColumnBlock): ArrayLike<unknown>[] {
  const { count, kinds, integers, numbers, text, lengths, others } = block;
  let integersAt = 0;
  let numbersAt = 0;
  let lengthsAt = 0;
  let textAt = 0;
  let othersAt = 0;
  return kinds.map((kind) => {
    switch (kind) {
      case 'integers':
        return integers.subarray(integersAt, (integersAt += count));
      case 'numbers':
        return numbers.subarray(numbersAt, (numbersAt += count));
      case 'strings': {
        const strings = new Array<string>(count);
        for (let row = 0; row < count; row++) {
          strings[row] = text.slice(textAt, (textAt += lengths[lengthsAt++] as number));
          textAt++;
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
