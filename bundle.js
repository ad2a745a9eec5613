/**
 * The second step of `npm run build`: puts the modules that tsc has compiled together into few files, as threads, the library and the
 * command line start faster with these. Entries keep their places.
 */
import { chmodSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const DIST = join(import.meta.dirname, 'dist');
const BIN = 'src/cli/bin.js';
/** What is loaded together shares its modules; each worker has all that it needs in one file. */
const BUNDLES = [
  ['src/index.js', 'src/transform.js', BIN],
  ['workers/audit-worker.js'],
  ['workers/line-transform.js'],
  ['workers/parent-watch.js'],
  ['workers/process-worker.js'],
  ['workers/transform-worker.js'],
];
/** As deep as the modules that find other files by their own place. */
const CHUNKS = 'src/chunks';

for (const entries of BUNDLES) {
  await build({
    entryPoints: entries.map((entry) => join(DIST, entry)),
    outdir: DIST,
    outbase: DIST,
    allowOverwrite: true,
    bundle: true,
    splitting: true, // what is imported while it runs stays apart
    chunkNames: `${CHUNKS}/[name]-[hash]`,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node22.13',
    logLevel: 'warning',
  });
}
// what is in the bundles now
for (const found of readdirSync(DIST, { recursive: true })) {
  const file = found.replaceAll('\\', '/');
  const isLeft = BUNDLES.flat().includes(file) || file.startsWith(`${CHUNKS}/`);
  if (file.endsWith('.js') && !isLeft) rmSync(join(DIST, file));
}
for (const [name, exported] of Object.entries(await import('./dist/src/index.js'))) {
  if (typeof exported === 'function' && exported.name !== name) {
    throw new Error(`Cannot build as '${name}' calls itself '${exported.name}'`);
  }
}
chmodSync(join(DIST, BIN), 0o755);
