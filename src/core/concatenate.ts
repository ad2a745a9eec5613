/** Like `lists.flat()`, which takes more than ten times as long. There may be as many lists as a call may have arguments. */
export function concatenate<Item>(lists: readonly (readonly Item[])[]): Item[] {
  return ([] as Item[]).concat(...lists);
}
