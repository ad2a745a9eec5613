import type * as V8 from 'node:v8';

type UsedOfV8 = Pick<typeof V8, 'serialize' | 'deserialize' | 'getHeapStatistics'>;

// rows may exchange it
const getBuiltinModule = process.getBuiltinModule.bind(process);
let loaded: UsedOfV8 | undefined;

/**
 * What is used of `node:v8`, which few threads need: `import` would have Node make it, and what it needs in turn, as each thread
 * starts. That and the same for `node:module` took 2 ms.
 */
export function nodeV8(): UsedOfV8 {
  return (loaded ??= { ...getBuiltinModule('node:v8') }); // a copy: rows may exchange these too
}
