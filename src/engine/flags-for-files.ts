/** Flags that come with code, of which the next argument is. */
const CODE = new Set(['-e', '--eval', '-p', '--print', '-pe']);
const TYPE_OF_CODE = '--input-type';
/** Flags that are of no use to a file, or worse. */
const OTHERS = new Set([TYPE_OF_CODE, '-i', '--interactive', '-']);

/**
 * Node's flags of a process, for another one that runs a file: without code that was given as text, which that one would run
 * instead of its file, what says of which type such code is or asks for more of it, and the debugger's, whose port is taken.
 */
export function flagsForFiles(flags: readonly string[]): string[] {
  return flags.filter((flag, index) => {
    const before = flags[index - 1];
    if (before !== undefined && (CODE.has(before) || before === TYPE_OF_CODE)) return false;
    const [name = flag] = flag.split('=', 1);
    return !CODE.has(name) && !OTHERS.has(name) && !name.startsWith('--inspect');
  });
}
