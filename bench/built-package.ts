import type * as Package from '../src/index.ts';

/** The package as its users get it: built. Imported by a computed name, so that types are checked without a build. */
export const { MemoryAuditTrail, PooledExecutor, SqliteAuditTrail } = (await importBuilt()) as typeof Package;

async function importBuilt(): Promise<unknown> {
  const url = new URL('../dist/src/index.js', import.meta.url).href;
  try {
    return await import(url);
  } catch (cause) {
    throw new Error(`Cannot load ${url}: 'npm run bench' builds it, 'node bench/bench.ts' alone does not`, {
      cause,
    });
  }
}
