import { describe, expect, test } from 'vitest';
import { isSameButForUnknown } from '../../src/cli/unknown-parts.ts';

const long = 'x'.repeat(1_000_000);
const UNKNOWN = '"\\u0000unknown"';

describe('isSameButForUnknown', () => {
  test.for<[what: string, expected: string, found: string, same: boolean]>([
    ['nothing is unknown', 'a\n', 'b\n', false],
    ['a rejected row', '{"line":0,"row":1}\n', '{"line":12,"row":1}\n', true],
    ['a rejected row of any length', `{"line":0,"row":"${long}"}\n`, `{"line":12,"row":"${long}"}\n`, true],
    ['another row of any length', `{"line":0,"row":"${long}"}\n`, `{"line":12,"row":"${long}y"}\n`, false],
    ['a message', '{"message":"line 0: bad"}\n', '{"message":"line 7: bad"}\n', true],
    ['another message', '{"message":"line 0: bad"}\n', '{"message":"line 7: worse"}\n', false],
    ['no number', '{"message":"line 0: bad"}\n', '{"message":"line x: bad"}\n', false],
    ['lines have numbers from 1', '{"line":0,"row":1}\n', '{"line":012,"row":1}\n', false],
    ['another beginning', '{"a":1,"line":0,"row":1}\n', '{"a":2,"line":1,"row":1}\n', false],
    ['both', '{"line":0,"m":"line 0: bad"}\n', '{"line":3,"m":"line 3: bad"}\n', true],
    [
      'only the first of a kind',
      '{"line":0,"row":{"line":0,"n":1}}',
      '{"line":3,"row":{"line":4,"n":1}}',
      false,
    ],
    ['special characters', '{"line":0,"m":".*(["}\n', '{"line":3,"m":".*(["}\n', true],
    ['a text', `{"line":0,"row":${UNKNOWN}}\n`, `{"line":3,"row":"{oops"}\n`, true],
    ['a text of any length', `{"line":0,"row":${UNKNOWN}}\n`, `{"line":3,"row":"${long}"}\n`, true],
    ['a text, and no end', `{"line":0,"row":${UNKNOWN}}\n`, '{"line":3,"row":"{oops"\n', false],
    ['a text that would share its end', `a}\n${UNKNOWN}}\n`, 'a}\n', false],
  ])('%s', ([, expected, found, same]) => {
    expect(isSameButForUnknown(expected, found)).toBe(same);
  });
});
