import type { Summary } from './summary.ts';

/** Writes one number, for people. */
export type NumberFormat = (value: number) => string;

const significant =
  (digits: number): NumberFormat =>
  (value) =>
    value.toLocaleString('en', {
      maximumSignificantDigits: digits,
      minimumSignificantDigits: Math.min(2, digits),
    });

export const count: NumberFormat = (value) => Math.round(value).toLocaleString('en');
/** Rows per second: no machine repeats more than three digits. */
export const rate = significant(3);
/** Three digits, and two below 1. */
export const ratio: NumberFormat = (value) => significant(value < 1 ? 2 : 3)(value);

/** "12.3 (11.0 … 13.1)": median, least and greatest; of a single measurement only that. */
export function withRange({ median, min, max }: Summary, format: NumberFormat): string {
  if (min === max) return format(median);
  return `${format(median)} (${format(min)} … ${format(max)})`;
}

export function roundsText(rounds: number): string {
  return rounds === 1 ? '1 round' : `${rounds} rounds`;
}
