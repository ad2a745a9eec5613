import type * as Package from '../src/index.ts';

const BUILT = new URL('../dist/src/index.js', import.meta.url).href;

/** The package as its users get it: built. Imported by a computed name, so that types are checked without a build. */
export const { MemoryAuditTrail, move, PooledExecutor, SqliteAuditTrail } = await importBuilt();

async function importBuilt(): Promise<typeof Package> {
  try {
    return (await import(BUILT)) as typeof Package;
  } catch (cause) {
    throw new Error(`Cannot load ${BUILT}: 'npm run bench' builds it, 'node bench/bench.ts' alone does not`, {
      cause,
    });
  }
}
