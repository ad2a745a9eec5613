import { escapeText, round } from '../svg.ts';
import type { Series } from './timeline.ts';

/** One curve of a panel. */
export interface Curve {
  readonly name: string;
  readonly color: string;
  readonly series: Series;
}

/** Curves over one scale. */
export interface Panel {
  readonly title: string;
  readonly curves: readonly Curve[];
}

const WIDTH = 840;
const PANEL_HEIGHT = 170;
const MARGIN = { left: 52, right: 12, top: 34, bottom: 18 };
const TICKS = 6;

/** Panels below each other over one time axis, in seconds, as an SVG picture. */
export function plotSvg(title: string, panels: readonly Panel[], endAt: number): string {
  const height = panels.length * PANEL_HEIGHT + 44;
  const drawn = panels.map((panel, index) => drawPanel(panel, 24 + index * PANEL_HEIGHT, endAt));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="${MARGIN.left}" y="18" font-size="14">${escapeText(title)}</text>`,
    ...drawn,
    `<text x="${WIDTH - MARGIN.right}" y="${height - 4}" text-anchor="end">seconds</text>`,
    '</svg>',
    '',
  ].join('\n');
}

function drawPanel({ title, curves }: Panel, top: number, endAt: number): string {
  const most = Math.max(1, ...curves.flatMap(({ series }) => series.map(([, value]) => value)));
  const x = (at: number) => MARGIN.left + (at / endAt) * (WIDTH - MARGIN.left - MARGIN.right);
  const bottom = top + PANEL_HEIGHT - MARGIN.bottom;
  const y = (value: number) => bottom - (value / most) * (PANEL_HEIGHT - MARGIN.top - MARGIN.bottom);
  const text = (at: string, content: string) => `<text ${at} fill="#444">${escapeText(content)}</text>`;
  const lines = Array.from({ length: TICKS + 1 }, (_, tick) => {
    const at = (tick * endAt) / TICKS;
    return text(`x="${round(x(at))}" y="${bottom + 13}" text-anchor="middle"`, String(Math.round(at)));
  });
  for (const value of [0, most / 2, most]) {
    lines.push(
      `<path d="M${MARGIN.left} ${round(y(value))}H${WIDTH - MARGIN.right}" stroke="#ddd"/>`,
      text(`x="${MARGIN.left - 6}" y="${round(y(value) + 4)}" text-anchor="end"`, label(value)),
    );
  }
  let left = MARGIN.left;
  lines.push(`<text x="${left}" y="${top + 24}" font-weight="bold">${escapeText(title)}</text>`);
  left += 8 * title.length + 12;
  for (const { name, color, series } of curves) {
    const points = series
      .filter(([at]) => at <= endAt)
      .map(([at, value]) => `${round(x(at))},${round(y(value))}`);
    lines.push(
      `<polyline points="${points.join(' ')}" fill="none" stroke="${color}" stroke-width="1.3"/>`,
      `<text x="${left}" y="${top + 24}" fill="${color}">${escapeText(name)}</text>`,
    );
    left += 6.5 * name.length + 14;
  }
  return lines.join('\n');
}

function label(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}
