import { withRange, type NumberFormat } from './format.ts';
import type { Summary } from './summary.ts';
import { escapeText, PAGE_WIDTH, round, svgPage } from './svg.ts';

/** One line of a chart. */
export interface Bar {
  readonly name: string;
  readonly value: Summary;
}

const LEFT = 240;
const RIGHT = 210;
const LINE_HEIGHT = 24;
const BAR_HEIGHT = 14;
const TOP = 36;
const COLORS = { ours: '#2563eb', other: '#9ca3af', range: '#111827' };

/** Medians as bars from 0 on, with a line from the least to the greatest value, as an SVG picture. */
export function barChart(title: string, bars: readonly Bar[], format: NumberFormat): string {
  const most = Math.max(...bars.map(({ value }) => value.max));
  const x = (value: number) => LEFT + (value / most) * (PAGE_WIDTH - LEFT - RIGHT);
  const drawn = bars.map((bar, line) => drawBar(bar, TOP + line * LINE_HEIGHT, { x, format }));
  return svgPage(title, TOP + bars.length * LINE_HEIGHT + 8, drawn);
}

function drawBar(
  { name, value }: Bar,
  top: number,
  { x, format }: { readonly x: (value: number) => number; readonly format: NumberFormat },
): string {
  const middle = top + BAR_HEIGHT / 2;
  const width = round(x(value.median) - LEFT);
  const color = name.startsWith('pooled-executor') ? COLORS.ours : COLORS.other;
  return [
    `<text x="${LEFT - 8}" y="${middle + 4}" text-anchor="end">${escapeText(name)}</text>`,
    `<rect x="${LEFT}" y="${top}" width="${width}" height="${BAR_HEIGHT}" fill="${color}"/>`,
    `<path d="M${round(x(value.min))} ${middle}H${round(x(value.max))}" stroke="${COLORS.range}"/>`,
    `<text x="${round(x(value.max) + 8)}" y="${middle + 4}">${escapeText(withRange(value, format))}</text>`,
  ].join('\n');
}
