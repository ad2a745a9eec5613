/** Files that this may be in: the source, a chunk of the library, a worker. Users may have bundled it into one of theirs. */
const OWN_FILE = /\/(?:src\/(?:core|chunks)\/[^/]*|workers\/(?:process|transform)-worker\.js)$/;
/** Where the code of this package is; nowhere where it can't be told from the user's. */
const PLACES = placesOf(import.meta.url);
/** What calls transforms there; frames from there on down are the same for all, or differ with the thread and the slice. */
const CALLER = /^ {4}at (?:async )?(?:[^ ]+\.)?(?:runSlice|lineTransform) /;
/** What stands between frames of the user's code. */
const BETWEEN = [...PLACES, 'node:internal/'];

/**
 * The part of a stack that the user's code accounts for: without the frames of Node and of this package, which depend on
 * the worker that runs the row and on the rows before it. So a row that fails has the same stack in each run.
 */
export function userStack(stack: string): string {
  if (!stack.includes('\n    at ')) return stack;
  const kept: string[] = [];
  for (const line of stack.split('\n')) {
    if (CALLER.test(line) && mentions(line, PLACES)) break;
    if (!isFrame(line) || !mentions(line, BETWEEN)) kept.push(line);
  }
  return kept.join('\n');
}

/** How frames name files of this package, one of which is at `url`: ES modules by URL, others by path. */
function placesOf(url: string): readonly string[] {
  if (!OWN_FILE.test(url)) return [];
  return ['src/', 'workers/'].flatMap((folder) => {
    const { href, pathname } = new URL(folder, url.replace(OWN_FILE, '/'));
    const filePath = decodeURIComponent(pathname);
    const isOnDrive = /^\/[a-z]:/i.test(filePath);
    return [href, isOnDrive ? filePath.slice(1).replaceAll('/', '\\') : filePath];
  });
}

function isFrame(line: string): boolean {
  return line.startsWith('    at ');
}

function mentions(line: string, places: readonly string[]): boolean {
  return places.some((place) => line.includes(place));
}
