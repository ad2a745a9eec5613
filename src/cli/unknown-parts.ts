/** Stand for what a trail doesn't know: the number of a row's line in the input, and the text of a line that is no row. */
export const UNKNOWN_LINE = 0;
export const UNKNOWN_TEXT = '\0unknown';

const TEXT = JSON.stringify(UNKNOWN_TEXT);
/** What stands before and behind a line's number, in a rejected row and in a message. */
const AROUND_LINE = [
  ['"line":', ','],
  ['line ', ': '],
] as const;
const LINE_NUMBER = /[1-9]\d*/y;

/**
 * Whether the lines are the same but for what the trail doesn't know. Lines may be of any
 * length, so that no regular expression is made of them.
 */
export function isSameButForUnknown(expected: string, found: string): boolean {
  const textAt = expected.lastIndexOf(TEXT); // the row is the last that stands in a line
  if (textAt === -1) return lengthOf(expected, found) === found.length;
  const length = lengthOf(expected.slice(0, textAt), found);
  const tail = expected.slice(textAt + TEXT.length);
  return length !== undefined && length + tail.length <= found.length && found.endsWith(tail);
}

/** The length of what `found` begins with if that is `expected` with numbers of lines; undefined if it does not. */
function lengthOf(expected: string, found: string): number | undefined {
  let length = 0;
  let from = 0;
  for (const numberAt of numbersIn(expected)) {
    const known = expected.slice(from, numberAt);
    if (!found.startsWith(known, length)) return undefined;
    LINE_NUMBER.lastIndex = length + known.length;
    if (!LINE_NUMBER.test(found)) return undefined;
    length = LINE_NUMBER.lastIndex;
    from = numberAt + String(UNKNOWN_LINE).length;
  }
  const known = expected.slice(from);
  return found.startsWith(known, length) ? length + known.length : undefined;
}

/** Where the unknown numbers of lines stand. */
function numbersIn(expected: string): readonly number[] {
  return AROUND_LINE.flatMap(([before, behind]) => {
    const at = expected.indexOf(`${before}${UNKNOWN_LINE}${behind}`);
    return at === -1 ? [] : [at + before.length];
  }).toSorted((one, other) => one - other);
}
