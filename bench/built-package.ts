import type { ReorderBuffer } from '../src/core/reorder-buffer.ts';
import type * as Package from '../src/index.ts';

/** The package as its users get it: built. Imported by a computed name, so that types are checked without a build. */
export const { MemoryAuditTrail, PooledExecutor, SqliteAuditTrail } = (await importBuilt(
  'index',
)) as typeof Package;

/** A part that users don't get on its own. */
export async function builtReorderBuffer(): Promise<typeof ReorderBuffer> {
  const { ReorderBuffer: built } = (await importBuilt('core/reorder-buffer')) as {
    readonly ReorderBuffer: typeof ReorderBuffer;
  };
  return built;
}

async function importBuilt(module: string): Promise<unknown> {
  const url = new URL(`../dist/src/${module}.js`, import.meta.url).href;
  try {
    return await import(url);
  } catch (cause) {
    throw new Error(`Cannot load ${url}: 'npm run bench' builds it, 'node bench/bench.ts' alone does not`, {
      cause,
    });
  }
}
