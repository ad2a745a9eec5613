import type { SpeedUpPoint } from './break-even.ts';
import { escapeText, PAGE_WIDTH, round, svgPage } from './svg.ts';

/** How one contender compares with a plain loop, by work per row. */
export interface SpeedUpCurve {
  readonly name: string;
  readonly points: readonly SpeedUpPoint[];
}

const HEIGHT = 420;
const AREA = { left: 56, right: PAGE_WIDTH - 210, top: 40, bottom: HEIGHT - 44 };
const COLORS = ['#2563eb', '#dc2626', '#d97706', '#059669', '#7c3aed', '#4b5563'];
const SPEED_UPS = [0.01, 0.03, 0.1, 0.3, 1, 2];

type Scale = (value: number) => number;

/** Speed-ups over the work per row, both on logarithmic scales, as an SVG picture; at 1 a contender breaks even. */
export function speedUpChart(title: string, curves: readonly SpeedUpCurve[]): string {
  const points = curves.flatMap((curve) => curve.points);
  const work = [...new Set(points.map(({ microseconds }) => microseconds))];
  const speedUps = [...points.map(({ speedUp }) => speedUp), 1, 2];
  const x = logScale([Math.min(...work), Math.max(...work)], [AREA.left, AREA.right]);
  const y = logScale([Math.min(...speedUps), Math.max(...speedUps)], [AREA.bottom, AREA.top]);
  return svgPage(title, HEIGHT, [
    ...work.map((value) => label(x(value), AREA.bottom + 18, 'middle', String(value))),
    label(AREA.right, HEIGHT - 8, 'end', 'µs of work per row'),
    ...SPEED_UPS.filter((value) => y(value) <= AREA.bottom).map((value) => gridLine(value, y(value))),
    ...curves.map((curve, index) => drawCurve(curve, COLORS[index % COLORS.length] as string, { x, y })),
    ...curves.map(({ name }, index) => {
      const top = AREA.top + 20 * index;
      return `<text x="${AREA.right + 16}" y="${top}" fill="${COLORS[index % COLORS.length] as string}">${escapeText(name)}</text>`;
    }),
  ]);
}

function logScale([least, most]: readonly [number, number], [from, to]: readonly [number, number]): Scale {
  return (value) => from + (Math.log(value / least) / Math.log(most / least)) * (to - from);
}

function gridLine(value: number, at: number): string {
  const stroke = value === 1 ? '#111827' : '#e5e7eb';
  return [
    `<path d="M${AREA.left} ${round(at)}H${AREA.right}" stroke="${stroke}"/>`,
    label(AREA.left - 6, at + 4, 'end', `${value}x`),
  ].join('\n');
}

function label(x: number, y: number, anchor: 'middle' | 'end', text: string): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="#4b5563">${escapeText(text)}</text>`;
}

function drawCurve(
  { points }: SpeedUpCurve,
  color: string,
  { x, y }: { readonly x: Scale; readonly y: Scale },
): string {
  const line = points.map(({ microseconds, speedUp }) => `${round(x(microseconds))},${round(y(speedUp))}`);
  return `<polyline points="${line.join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>`;
}
