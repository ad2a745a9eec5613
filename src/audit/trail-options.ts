import {
  BOOLEAN,
  checkOptions,
  checkValue,
  NON_EMPTY_TEXT,
  oneOf,
  PATHS,
  type OptionRules,
} from './option-rules.ts';

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
   * a continued run gives out for a row that is on record. A path that led to nothing is warned of when the trail is
   * closed (`POOLED_EXECUTOR_IDLE_REDACTION`). Default: none.
   */
  readonly redact?: readonly string[] | undefined;
}

const OPTIONS: OptionRules = {
  readOnly: BOOLEAN,
  create: BOOLEAN,
  text: oneOf(['json', 'values']),
  redact: PATHS,
};

/** A misspelt `redact` must not go unnoticed: what it was to hide would be in the file. */
export function checkTrailOptions(path: unknown, options: unknown): void {
  const action = 'create audit trail';
  checkValue(action, { name: 'path', value: path }, NON_EMPTY_TEXT);
  checkOptions(action, options, OPTIONS);
}
