/**
 * What is in flight, by lane. An array and not a Map: each time a Map that changes all the time is rehashed, the old
 * table refers to the new one, and through a chain of dead tables minor collections keep most of what was ever in it.
 */
export class FlightTable<Flight extends object> {
  readonly #lanes: (Flight | undefined)[];
  #size = 0;

  constructor(lanes: number) {
    this.#lanes = new Array<Flight | undefined>(lanes).fill(undefined);
  }

  /** How many lanes are in use. */
  get size(): number {
    return this.#size;
  }

  get(lane: number): Flight | undefined {
    return this.#lanes[lane];
  }

  set(lane: number, flight: Flight): void {
    if (this.#lanes[lane] === undefined) this.#size++;
    this.#lanes[lane] = flight;
  }

  delete(lane: number): void {
    if (this.#lanes[lane] !== undefined) this.#size--;
    this.#lanes[lane] = undefined;
  }

  /** All that is in flight, in the order of the lanes. */
  list(): Flight[] {
    return this.#lanes.filter((flight) => flight !== undefined);
  }
}
