import type { Piece } from '../core/longest-text.ts';
import type { Column } from './record-set.ts';

/** Columns by how they can be told: what counts up, what is the same in all records, and the rest. */
export function arrange(columns: Readonly<Record<string, Column>>): {
  readonly common: string;
  readonly from: Record<string, number>;
  readonly columns: Record<string, Column>;
} {
  const from: Record<string, number> = {};
  const various: Record<string, Column> = {};
  const common: string[] = [];
  for (const [name, values] of Object.entries(columns)) {
    if (values instanceof Float64Array && countsUp(values)) from[name] = values[0] as number;
    else if (isConstant(values)) common.push(`"${name}":${JSON.stringify(values[0])}`);
    else various[name] = values;
  }
  return { common: common.join(','), from, columns: various };
}

/** A column of numbers for the places in a part of a list. */
export function numbersIn({ from, to }: Piece, valueAt: (place: number) => number): Float64Array {
  const numbers = new Float64Array(to - from);
  for (let place = from; place < to; place++) numbers[place - from] = valueAt(place);
  return numbers;
}

function countsUp(values: Float64Array): boolean {
  const first = values[0] as number;
  for (let index = 1; index < values.length; index++) if (values[index] !== first + index) return false;
  return true;
}

export function isConstant(values: Column): boolean {
  return values instanceof Float64Array ? areEqualNumbers(values) : areEqualTexts(values);
}

// each of them meets one kind of array, which V8 reads some times faster than one of several

function areEqualNumbers(values: Float64Array): boolean {
  for (let index = 1; index < values.length; index++) if (values[index] !== values[0]) return false;
  return true;
}

function areEqualTexts(values: readonly string[]): boolean {
  for (let index = 1; index < values.length; index++) if (values[index] !== values[0]) return false;
  return true;
}
