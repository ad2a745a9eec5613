/** A span of time that has begun. */
export interface OpenSpan {
  /** It begins at this instant or later. */
  readonly notBefore: number;
}

interface Span {
  readonly group: number;
  readonly start: number;
  readonly end: number;
}

/** How many spans were under way at once, of all and of one group. */
export interface Overlap {
  readonly overall: number;
  readonly inGroup: number;
}

/** Finds out how many spans of time overlap, from when each began and ended, whatever the order in which that is told. */
export class Overlaps {
  readonly #open = new Set<OpenSpan>();
  /** Those that one which is not over may overlap. */
  #closed: Span[] = [];

  open(notBefore: number): OpenSpan {
    const span = { notBefore };
    this.#open.add(span);
    return span;
  }

  /** The span is over. Gives the most that overlap at an instant of it, itself included, as far as those are over. */
  close(open: OpenSpan, group: number, start: number, end: number): Overlap {
    const meeting = this.#closed.filter((other) => other.start < end && other.end > start);
    this.#closed.push({ group, start, end });
    this.forget(open);
    return {
      overall: 1 + mostAtOnce(meeting),
      inGroup: 1 + mostAtOnce(meeting.filter((other) => other.group === group)),
    };
  }

  /** Nothing came of the span. */
  forget(open: OpenSpan): void {
    this.#open.delete(open);
    let horizon = Infinity;
    for (const { notBefore } of this.#open) horizon = Math.min(horizon, notBefore);
    this.#closed = this.#closed.filter(({ end }) => end > horizon);
  }
}

/** The most spans that share an instant. One that ends as another begins does not meet it. */
function mostAtOnce(spans: readonly Span[]): number {
  const counts = spans.map(
    ({ start }) => spans.filter((other) => other.start <= start && other.end > start).length,
  );
  return Math.max(0, ...counts);
}
