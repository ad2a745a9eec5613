import { errorInPlace } from './error-text.ts';
import type { ResultFormat } from './result-format.ts';

/** One line per row: its output as JSON, or `{"error":{...}}`. */
export const ndjsonResults: ResultFormat = {
  success: (json) => `${json}\n`,
  successes: ({ bytes }) => bytes, // JSON text has no line break of its own, and there is one behind each
  failure: (error) => `${errorInPlace(error)}\n`,
  end: () => '',
};
