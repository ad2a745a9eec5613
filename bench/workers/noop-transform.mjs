/**
 * The transform of the command line's group: in plain JavaScript, so that no command takes time to strip types.
 *
 * @template Row
 * @param {Row} row
 * @returns {Row}
 */
export default function transform(row) {
  return row;
}
