/** Reads decimal notation or Infinity; NaN for all else, also for '' and hexadecimals, which `Number` would take. */
export function parseDecimal(text: string): number {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$|^[+-]?Infinity$/i.test(text) ? Number(text) : NaN;
}

/** `12,345`. Not by `toLocaleString`, which takes 20 ms when it is first called. */
export function formatCount(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 row`, `12,345 rows` */
export function formatCountOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** `0.42 s`, `12.3 s`, `4:05 min`, `2:04:05 h` */
export function formatDuration(ms: number): string {
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [hours = 0, ...rest] = parts;
  const [minutes = '', second = ''] = rest.map((part) => String(part).padStart(2, '0'));
  return hours > 0 ? `${hours}:${minutes}:${second} h` : `${Number(minutes)}:${second} min`;
}
