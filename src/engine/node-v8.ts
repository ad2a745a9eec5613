import type * as V8 from 'node:v8';

// rows may exchange it
const getBuiltinModule = process.getBuiltinModule.bind(process);
let loaded: typeof V8 | undefined;

/**
 * `node:v8`, which few threads need: `import` would have Node make it, and what it needs in turn, as each thread starts. That
 * and the same for `node:module` took 2 ms.
 */
export function nodeV8(): typeof V8 {
  return (loaded ??= getBuiltinModule('node:v8'));
}
