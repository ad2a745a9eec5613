import { UsageError } from './exit.ts';

/** How many rows may fail before the run is stopped. */
export type ErrorLimit =
  { readonly kind: 'count'; readonly most: number } | { readonly kind: 'share'; readonly percent: number };

/** A share says nothing before this many rows. */
const MIN_ROWS_FOR_SHARE = 100;

/**
 * Reads the value of --max-errors: `25` or `0.5%`.
 *
 * @throws UsageError when it is neither.
 */
export function parseErrorLimit(text: string): ErrorLimit {
  const [, digits, percent] = /^(?:(\d+)|(\d+(?:\.\d+)?)%)$/.exec(text) ?? [];
  if (digits !== undefined && Number.isSafeInteger(Number(digits)))
    return { kind: 'count', most: Number(digits) };
  if (percent !== undefined && Number(percent) <= 100) return { kind: 'share', percent: Number(percent) };
  throw new UsageError(
    `--max-errors must be a number of rows, or a percentage up to 100% like 0.5%: received '${text}'`,
  );
}

/** Whether more rows have failed than the limit allows, of `emitted` rows. */
export function isExceeded(
  limit: ErrorLimit,
  { failed, emitted }: { failed: number; emitted: number },
): boolean {
  if (limit.kind === 'count') return failed > limit.most;
  return emitted >= MIN_ROWS_FOR_SHARE && failed * 100 > limit.percent * emitted;
}

export function describeLimit(limit: ErrorLimit): string {
  return limit.kind === 'count' ? String(limit.most) : `${limit.percent}%`;
}
