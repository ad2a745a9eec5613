/** A part of an answer; `next` is where the following part begins, undefined after the last. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: number | undefined;
}
