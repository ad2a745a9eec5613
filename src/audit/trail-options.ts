import { inspect } from 'node:util';

export interface SqliteAuditTrailOptions {
  /** Opens an existing file for reading only, also while another process writes to it. Default false. */
  readonly readOnly?: boolean | undefined;
  /** Whether a file that doesn't exist is created. Default true; never with `readOnly`. */
  readonly create?: boolean | undefined;
  /**
   * `'json'` when rows and outputs are strings that are JSON text themselves, as the lines of an NDJSON file: then they
   * stand in the file as that JSON, to be queried by hand, and are read back as exactly the strings that they were. A
   * string that is no JSON is kept too. Default `'values'`.
   */
  readonly text?: 'json' | 'values' | undefined;
  /**
   * Paths to values that must not be in the file, such as `headers.authorization`, `*.apiKey` (one level, whatever its
   * key) or `users[*]["pass.word"]`. They begin at each request, each response and the details of each error, and are
   * replaced before anything is written; messages and stacks of errors stay as they are. A redacted output is also what
   * a continued run gives out for a row that is on record. Default: none.
   */
  readonly redact?: readonly string[] | undefined;
}

const OPTIONS: Readonly<
  Record<string, { readonly what: string; readonly accepts: (value: unknown) => boolean }>
> = {
  readOnly: { what: 'true or false', accepts: isBoolean },
  create: { what: 'true or false', accepts: isBoolean },
  text: { what: "'json' or 'values'", accepts: (value) => value === 'json' || value === 'values' },
  redact: { what: 'an array of paths', accepts: isListOfTexts },
};

/** A misspelt `redact` must not go unnoticed: what it was to hide would be in the file. */
export function checkTrailOptions(path: unknown, options: unknown): void {
  const refuse = (name: string, what: string, value: unknown) => {
    throw new TypeError(`Cannot create audit trail as ${name} must be ${what}: received ${inspect(value)}`);
  };
  if (typeof path !== 'string' || path === '') refuse("'path'", 'a non-empty string', path);
  if (typeof options !== 'object' || options === null) return refuse("'options'", 'an object', options);
  for (const [name, value] of Object.entries(options)) {
    const option = OPTIONS[name];
    if (option === undefined) {
      const known = Object.keys(OPTIONS).join(', ');
      throw new TypeError(`Cannot create audit trail as '${name}' is not an option; there are ${known}`);
    }
    if (value !== undefined && !option.accepts(value)) refuse(`'${name}'`, option.what, value);
  }
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((path) => typeof path === 'string');
}
