import { describeThrown } from '../core/row-error.ts';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Transform } from '../core/transform.ts';
import { isTransformLoadError, TransformLoadError } from './engine.ts';

/** How a user gets what runs all TypeScript. */
const INSTALL_TSX = "install tsx ('npm install --save-dev tsx') and it is used";

// `import` would have Node make all that is in there, streams too: 1.5 ms of each thread's start
const { existsSync } = process.getBuiltinModule('node:fs');

type Namespace = Readonly<Record<string, unknown>>;

/**
 * Imports the user's module and gives the function that it exports as `exportName`. TypeScript that Node can't run by
 * stripping types goes through tsx when that is installed.
 *
 * @throws TransformLoadError that names the file, the reason and, where there is one, the fix.
 */
export async function loadTransform(url: string, exportName: string): Promise<Transform<unknown, unknown>> {
  const namespace = await importModule(url);
  const exported = findExport(namespace, exportName);
  if (typeof exported === 'function') return exported as Transform<unknown, unknown>;
  const found = exported === undefined ? 'has no such export' : `exports it as ${describeType(exported)}`;
  const names = Object.keys(namespace).join(', ') || 'nothing';
  throw new TransformLoadError(
    `Cannot load transform ${display(url)}: export '${exportName}' must be a function, but the module ${found} (it exports: ${names})`,
  );
}

/** A CommonJS module shows its exports on `default`, compiled ones sometimes a level deeper. */
function findExport(namespace: Namespace, name: string): unknown {
  const fallback = namespace['default'];
  const inner = typeof fallback === 'object' && fallback !== null ? (fallback as Namespace)[name] : undefined;
  return typeof namespace[name] === 'function' ? namespace[name] : (inner ?? namespace[name]);
}

async function importModule(url: string): Promise<Namespace> {
  if (url.startsWith('file:') && !existsSync(new URL(url))) {
    throw new TransformLoadError(`Cannot load transform ${display(url)}: there is no such file`);
  }
  try {
    return (await import(url)) as Namespace;
  } catch (reason) {
    if (isTransformLoadError(reason)) throw reason;
    if (isTypeScript(url) && needsTsx(reason)) return importWithTsx(url, reason);
    throw loadError(url, reason);
  }
}

async function importWithTsx(url: string, reason: unknown): Promise<Namespace> {
  const api = [url, import.meta.url].map(findTsx).find((path) => path !== undefined);
  if (api === undefined) {
    if (isModuleInCommonJs(reason)) throw loadError(url, reason, `, or ${INSTALL_TSX}`);
    throw new TransformLoadError(
      `Cannot load transform ${display(url)}: ${tell(reason)}. Node ${process.version} runs only TypeScript whose types can be stripped; ` +
        `${INSTALL_TSX}, or compile the file to JavaScript`,
      { cause: reason },
    );
  }
  try {
    const { tsImport } = (await import(api)) as {
      tsImport: (specifier: string, parentUrl: string) => Promise<Namespace>;
    };
    return await tsImport(url, url);
  } catch (tsxReason) {
    throw loadError(url, tsxReason);
  }
}

/** The ES module of tsx's API: its CommonJS one can't be imported on every Node. */
function findTsx(from: string): string | undefined {
  try {
    // few threads need it
    const require = process.getBuiltinModule('node:module').createRequire(from);
    const { exports } = require('tsx/package.json') as TsxPackage;
    return new URL(exports['./esm/api'].import.default, pathToFileURL(require.resolve('tsx/package.json')))
      .href;
  } catch {
    return undefined;
  }
}

interface TsxPackage {
  readonly exports: { readonly './esm/api': { readonly import: { readonly default: string } } };
}

function isTypeScript(url: string): boolean {
  return /\.[cm]?tsx?$/.test(new URL(url).pathname);
}

/** Failures of Node's own TypeScript support that happen before any code of the module has run. */
const STRIPPING_FAILED = new Set([
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX', // enums, parameter properties, namespaces
  'ERR_UNKNOWN_FILE_EXTENSION', // Node before 22.18
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
  'ERR_MODULE_NOT_FOUND', // './x.js' that means x.ts, './x' without extension, path aliases
  'ERR_UNSUPPORTED_DIR_IMPORT',
]);

function needsTsx(reason: unknown): boolean {
  if (!(reason instanceof Error)) return false;
  const { code } = reason as { code?: unknown };
  // a type imported like a value; decorators; what has a code of its own since 22.18
  const unstripped =
    reason instanceof SyntaxError &&
    /does not provide an export|Invalid or unexpected token|strip-only mode/.test(reason.message);
  return unstripped || isModuleInCommonJs(reason) || (typeof code === 'string' && STRIPPING_FAILED.has(code));
}

/** Whether the file is an ES module where a package.json says that it is CommonJS. */
function isModuleInCommonJs(reason: unknown): boolean {
  return (
    reason instanceof SyntaxError &&
    /Unexpected token 'export'|Cannot use import statement|Cannot use 'import\.meta'/.test(reason.message)
  );
}

/** @param otherRemedy what else helps where the file is an ES module that is taken for CommonJS */
function loadError(url: string, reason: unknown, otherRemedy = ''): TransformLoadError {
  const message = `Cannot load transform ${display(url)}: ${tell(reason)}${remedyFor(url, reason)}`;
  return new TransformLoadError(`${message}${isModuleInCommonJs(reason) ? otherRemedy : ''}`, {
    cause: reason,
  });
}

function remedyFor(url: string, reason: unknown): string {
  if (isModuleInCommonJs(reason))
    return `. It is an ES module, but its package.json makes it CommonJS: set "type": "module" there, or name the file ${isTypeScript(url) ? '.mts' : '.mjs'}`;
  // where it is Node tells only of errors that nobody catches
  const isInFile = reason instanceof SyntaxError && url.startsWith('file:');
  return isInFile ? ` ('node ${display(url)}' shows where)` : '';
}

function tell(reason: unknown): string {
  const { name, message } = describeThrown(reason);
  return name === undefined ? message : `${name}: ${message}`;
}

function describeType(value: unknown): string {
  return value === null ? 'null' : typeof value;
}

function display(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}
