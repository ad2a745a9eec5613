import { UsageError } from './exit.ts';

/**
 * An empty name is that of a shell's variable which is not set, and of no file.
 *
 * @param names by what they name; undefined for what was not given
 * @throws UsageError when one is empty
 */
export function refuseEmptyNames(names: Readonly<Record<string, string | undefined>>): void {
  for (const [what, name] of Object.entries(names))
    if (name === '') throw new UsageError(`The name of the ${what} is empty: is a variable not set?`);
}
