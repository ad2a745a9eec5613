/** Well below what a call may have as arguments. */
const MOST_AT_ONCE = 10_000;

/** Like `lists.flat()`, which takes more than ten times as long. */
export function concatenate<Item>(lists: readonly (readonly Item[])[]): Item[] {
  let joined: Item[] = [];
  for (let from = 0; from < lists.length; from += MOST_AT_ONCE) {
    joined = joined.concat(...lists.slice(from, from + MOST_AT_ONCE));
  }
  return joined;
}
