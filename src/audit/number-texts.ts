/** Doubles from here to twice as much, which are the epoch ms of the years 2004 to 2039, are multiples of 1 / PARTS. */
const LEAST_EPOCH = 2 ** 40;
const PARTS = 4_096;
/** The text of a multiple of 1 / PARTS below this has all of its digits: with fewer it would be another double. */
const EXACT = 2 ** 16;

/**
 * Gives numbers as `String` does. The fraction of an epoch time in ms is one of a few, and its digits don't depend on the
 * rest, as numbers there are equally far apart; the rest is mostly the same as before. So both are looked up. The same goes
 * for short spans between such times, whose fractions have other digits.
 */
export class NumberTexts {
  readonly #epochs = new Fractions(LEAST_EPOCH);
  readonly #spans = new Fractions(0);
  #number = NaN;
  #text = '';

  textOf(value: number): string {
    if (value !== this.#number) {
      this.#number = value;
      this.#text = this.#make(value);
    }
    return this.#text; // the end of one row is often the start of the next
  }

  #make(value: number): string {
    if (value >= LEAST_EPOCH) return value < 2 * LEAST_EPOCH ? this.#epochs.textOf(value) : String(value);
    const isSpan = value >= 0 && value < EXACT && Number.isInteger(value * PARTS);
    return isSpan ? this.#spans.textOf(value) : String(value);
  }
}

/** Multiples of 1 / PARTS whose fractions have the same digits whatever is before them. */
class Fractions {
  readonly #base: number;
  /** By how many parts they are; empty, or from the point on. */
  readonly #texts = new Array<string | undefined>(PARTS);
  #whole = NaN;
  #wholeText = '';

  /** @param base a whole number to which they may be added */
  constructor(base: number) {
    this.#base = base;
  }

  textOf(value: number): string {
    const whole = Math.floor(value);
    if (whole !== this.#whole) {
      this.#whole = whole;
      this.#wholeText = String(whole);
    }
    const part = (value - whole) * PARTS;
    return this.#wholeText + (this.#texts[part] ??= this.#fractionText(part));
  }

  #fractionText(part: number): string {
    return String(this.#base + part / PARTS).slice(String(this.#base).length);
  }
}
