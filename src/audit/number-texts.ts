/** Doubles from here to twice as much, which are the epoch ms of the years 2004 to 2039, are multiples of 1 / PARTS. */
const LEAST = 2 ** 40;
const PARTS = 4_096;

/**
 * Gives numbers as `String` does. The fraction of an epoch time in ms is one of a few, and its digits don't depend on the
 * rest, as numbers there are equally far apart; the rest is mostly the same as before. So both are looked up.
 */
export class NumberTexts {
  /** By how many parts they are. */
  readonly #fractions = new Array<string | undefined>(PARTS);
  #whole = NaN;
  #wholeText = '';
  #number = NaN;
  #text = '';

  textOf(value: number): string {
    if (value !== this.#number) {
      this.#number = value;
      this.#text = value >= LEAST && value < 2 * LEAST ? this.#textOfEpoch(value) : String(value);
    }
    return this.#text; // the end of one row is often the start of the next
  }

  #textOfEpoch(value: number): string {
    const whole = Math.floor(value);
    if (whole !== this.#whole) {
      this.#whole = whole;
      this.#wholeText = String(whole);
    }
    const part = (value - whole) * PARTS;
    return this.#wholeText + (this.#fractions[part] ??= fractionText(part));
  }
}

/** Empty, or from the point on. */
function fractionText(part: number): string {
  return String(LEAST + part / PARTS).slice(String(LEAST).length);
}
