/**
 * The transform that the command line gives to the executor: wraps the user's, so that rows come as JSON text and go as
 * JSON text, and the main thread neither parses nor prints them. The user's module, its export and its `workerData` come
 * in the executor's option `workerData`.
 */
import { parseJson } from '../src/core/json.ts';
import { messageOf } from '../src/core/row-error.ts';
import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';
import type { MaybePromise, TransformContext } from '../src/core/transform.ts';
import { isTransformResult, type TransformResult } from '../src/core/transform-result.ts';
import { loadTransform } from '../src/engine/load-transform.ts';

/** What the command line hands over. */
interface LineTransformSetup {
  readonly url: string;
  readonly exportName: string;
  readonly workerData: unknown;
}

/** Text that is no row. The command line knows it by its name, and adds the line number. */
class MalformedRowError extends Error {
  override readonly name = 'MalformedRowError';
}

/** For the first line of a JSON file that was not made for this. */
const ONE_VALUE_PER_LINE =
  "each line must be a JSON value of its own (jq -c '.[]' makes such lines of an array, jq -c . of other values)";

const { url, exportName, workerData: userData } = threads.workerData as LineTransformSetup;
showUserData();
keepOutputClean();
// here, so that a module that can't be loaded fails the first call at once, and with its own error
const transform = await loadTransform(url, exportName);

/** Runs the user's transform on one line. Stays synchronous when the user's transform is. */
export default function lineTransform(
  line: string | { readonly malformed: string },
  context: TransformContext,
): MaybePromise<string | TransformResult<string>> {
  const returned = transform(parse(line), context);
  return isThenable(returned) ? returned.then(toText) : toText(returned);
}

/** What `workerData` of node:worker_threads is with the library is so here too: the user's. Contexts have it from there. */
function showUserData(): void {
  (threads as { workerData: unknown }).workerData = userData;
  syncBuiltinESMExports();
}

/** What the transform logs must not stand between the rows on stdout. */
function keepOutputClean(): void {
  process.stdout.write = process.stderr.write.bind(process.stderr);
}

function parse(line: string | { readonly malformed: string }): unknown {
  if (typeof line !== 'string') throw new MalformedRowError(line.malformed);
  try {
    return parseJson(line);
  } catch (reason) {
    // a row is one line, so only the position in it says something
    const what = (reason as SyntaxError).message.replace(/ \(line \d+ column \d+\)$/, '');
    throw new MalformedRowError(/^\s*[[{]\s*$/.test(line) ? `${what}: ${ONE_VALUE_PER_LINE}` : what);
  }
}

function toText(returned: unknown): string | TransformResult<string> {
  if (!isTransformResult(returned)) return stringify(returned);
  return returned.status === 'success' ? stringify(returned.value) : returned;
}

/** JSON text on one line; nothing (`undefined`) is written as null. */
function stringify(value: unknown): string {
  const text = value === undefined ? 'null' : jsonOf(value);
  if (text === undefined) throw unwritable(`it is a ${typeof value}`);
  if (text.includes('{}')) refuseEmptied(value);
  return text;
}

/** Undefined for what JSON leaves out: functions and symbols. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (reason) {
    throw unwritable(messageOf(reason), { cause: reason });
  }
}

/**
 * JSON writes what it finds nothing in that can be listed as `{}`, whatever is in it. Not looked for in each row, as JSON
 * is slower with a replacer.
 */
function refuseEmptied(value: unknown): void {
  JSON.stringify(value, (key, item: unknown) => {
    const why = whyEmptied(item);
    if (why !== undefined) throw unwritable(`${key === '' ? 'it' : `'${key}' in it`} is ${why}`);
    return item;
  });
}

/** Of what JSON makes `{}` of though something is in it: what it is, and what to give instead. */
function whyEmptied(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  if (item instanceof Map) return 'a Map: give Object.fromEntries(map) instead';
  if (item instanceof Set) return 'a Set: give Array.from(set) instead';
  if (isThenable(item)) return 'a promise: await it';
  if (item instanceof Error && Object.keys(item).length === 0) return 'an Error: give its message instead';
  if (Symbol.asyncIterator in item) return 'an async iterator: give a list of what it yields instead';
  if (Symbol.iterator in item && 'next' in item) return 'an iterator: give Array.from(iterator) instead';
  return undefined;
}

function unwritable(why: string, options?: ErrorOptions): TypeError {
  return new TypeError(`Result of the transform can not be written as JSON: ${why}`, options);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
