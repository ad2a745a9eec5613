// @ts-check
import { PluginKind, declareClassPlugin } from '@stryker-mutator/api/plugin';
import { createHash } from 'node:crypto';

/** One in so many functions is tried; 1 for all of them. */
const SAMPLE = Number(process.env['SAMPLE'] ?? 1);
if (!(SAMPLE >= 1)) throw new RangeError(`SAMPLE is ${SAMPLE}: give a number from 1, such as SAMPLE=5`);

/** What is in or out as a whole: members of classes, and whatever else stands at the top of a module. */
const UNIT_PARENTS = new Set(['ClassBody', 'Program']);
/** These are no unit themselves, as units are inside. */
const CONTAINERS = new Set(['ClassDeclaration', 'ExportNamedDeclaration', 'ExportDefaultDeclaration']);

/**
 * @typedef {object} Path
 * @property {{ readonly type: string, readonly start: number }} node
 * @property {Path | null} parentPath
 * @property {{ readonly file: { readonly opts: { readonly filename: string } } }} hub
 */

/** Chooses at random, by name and place: the same functions each time, in the same code. */
class FunctionSample {
  /** @param {Path} path */
  shouldIgnore({ node, parentPath, hub }) {
    const parent = parentPath?.node.type ?? '';
    const isUnit = UNIT_PARENTS.has(parent) || parent.startsWith('Export');
    if (SAMPLE === 1 || !isUnit || CONTAINERS.has(node.type)) return undefined;
    const file = hub.file.opts.filename.replaceAll('\\', '/').replace(/^.*\/src\//, '');
    const digest = createHash('sha256').update(`${file}:${node.start}`).digest();
    return digest.readUInt32LE() % SAMPLE === 0 ? undefined : `not among the 1 in ${SAMPLE} that are tried`;
  }
}

export const strykerPlugins = [
  declareClassPlugin(PluginKind.Ignore, 'sample', /** @type {any} */ (FunctionSample)),
];
