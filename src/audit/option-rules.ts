import { inspect } from 'node:util';

/** What an option must be. */
export interface OptionRule {
  /** Goes on from "must be". */
  readonly what: string;
  readonly accepts: (value: unknown) => boolean;
}

export type OptionRules = Readonly<Record<string, OptionRule>>;

export const BOOLEAN: OptionRule = {
  what: 'true or false',
  accepts: (value) => typeof value === 'boolean',
};

export const NON_EMPTY_TEXT: OptionRule = {
  what: 'a non-empty string',
  accepts: (value) => typeof value === 'string' && value !== '',
};

export const ROW_INDEX: OptionRule = {
  what: 'a whole number from 0',
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
};

export const PATHS: OptionRule = {
  what: 'an array of paths',
  accepts: (value) => Array.isArray(value) && value.every((path) => typeof path === 'string'),
};

/** @param words what the value may be */
export function oneOf(words: readonly string[]): OptionRule {
  const what = words.map((word) => `'${word}'`).join(' or ');
  return { what, accepts: (value) => words.includes(value as string) };
}

/**
 * Refuses options that there are not, so that a misspelt one does not go unnoticed, and values that are none.
 *
 * @throws TypeError "Cannot explain row as 'runid' is not an option; there are runId, alongside".
 */
export function checkOptions(action: string, options: unknown, rules: OptionRules): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    refuseValue(action, 'options', 'an object', options);
  }
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      const known = Object.keys(rules).join(', ');
      throw new TypeError(`Cannot ${action} as '${name}' is not an option; there are ${known}`);
    }
    if (value !== undefined) checkValue(action, { name, value }, rule);
  }
}

/** @throws TypeError "Cannot explain row as 'runId' must be a non-empty string: received 5". */
export function checkValue(
  action: string,
  { name, value }: { readonly name: string; readonly value: unknown },
  { what, accepts }: OptionRule,
): void {
  if (!accepts(value)) refuseValue(action, name, what, value);
}

function refuseValue(action: string, name: string, what: string, value: unknown): never {
  throw new TypeError(
    `Cannot ${action} as '${name}' must be ${what}: received ${inspect(value, { depth: 0 })}`,
  );
}
