import { expect, test } from 'vitest';
import { openTrail } from '../helpers/trail-files.ts';

const OUTPUT = { needsRequests: false, check: () => undefined, end: () => Promise.resolve([]) };

test.for<[what: string, ask: (trail: Trail) => unknown, message: string]>([
  [
    'explain: a misspelt option',
    (trail) => trail.explain(1, { runid: 'a' }),
    "Cannot explain row as 'runid' is not an option; there are runId, alongside",
  ],
  [
    'explain: a value that is none',
    (trail) => trail.explain(1, { alongside: 'yes' }),
    "Cannot explain row as 'alongside' must be true or false: received 'yes'",
  ],
  [
    'explain: a row that can not be',
    (trail) => trail.explain(-1),
    "Cannot explain row as 'row' must be a whole number from 0 or a non-empty string: received -1",
  ],
  [
    'audit: a misspelt option',
    (trail) => trail.audit({ run: 'a' }),
    "Cannot audit runs as 'run' is not an option; there are runId",
  ],
  [
    'audit: an empty id',
    (trail) => trail.audit({ runId: '' }),
    "Cannot audit runs as 'runId' must be a non-empty string: received ''",
  ],
  [
    'verify: a path for the output',
    (trail) => trail.verify({ output: 'out.ndjson' }),
    "Cannot verify run as 'output' must be an object with 'needsRequests', true or false, and the methods 'check' and 'end': received 'out.ndjson'",
  ],
  [
    'verify: half an output',
    (trail) => trail.verify({ output: { ...OUTPUT, end: undefined } }),
    "Cannot verify run as 'output' must be an object",
  ],
  [
    'records: a misspelt condition',
    (trail) => trail.records({ runid: 'a' }),
    "Cannot read records as 'runid' is not an option; there are runId, stateId, rowIndex, kinds",
  ],
  [
    'records: the index of a row as text',
    (trail) => trail.records({ rowIndex: '1' }),
    "Cannot read records as 'rowIndex' must be a whole number from 0: received '1'",
  ],
  [
    'records: a kind that there is not',
    (trail) => trail.records({ kinds: ['attempts'] }),
    "Cannot read records as 'kinds' must be an array of batch, batch-end, row, dispatch, attempt, call, entry: received [ 'attempts' ]",
  ],
  [
    'records: no object',
    (trail) => trail.records('a'),
    "Cannot read records as 'options' must be an object: received 'a'",
  ],
])('%s is refused by name, with what would do', async ([, ask, message]) => {
  const asked = (async () => await ask(openTrail() as unknown as Trail))();
  const reason: unknown = await asked.catch((thrown: unknown) => thrown);
  expect(reason).toBeInstanceOf(TypeError);
  expect((reason as Error).message).toContain(message);
});

/** The methods of a trail as somebody without types could call them. */
type Trail = Record<'explain' | 'audit' | 'verify' | 'records', (...args: readonly unknown[]) => unknown>;

test('what is undefined is not given', async () => {
  const trail = openTrail();
  await trail.append([]);
  await expect(trail.audit({ runId: undefined })).resolves.toMatchObject({ runs: [] });
  await expect(trail.explain(1, { runId: undefined, alongside: undefined })).rejects.toThrow('no runs yet');
});
