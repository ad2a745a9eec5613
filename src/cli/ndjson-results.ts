import { errorInPlace } from './error-text.ts';
import type { ResultFormat } from './result-format.ts';

/** One line per row: its output as JSON, or `{"error":{...}}`. */
export const ndjsonResults: ResultFormat = {
  success: (json) => `${json}\n`,
  failure: (error) => `${errorInPlace(error)}\n`,
  end: () => '',
};
