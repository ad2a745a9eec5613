import { defineConfig, mergeConfig } from 'vitest/config';
import normal from './vitest.config.ts';

/** What names the files that workers load. */
const NAMES_WORKERS =
  /\/src\/(?:engine\/(?:thread|process)-host|audit\/trail-connection|cli\/open-executor)\.ts$/;
const CHANGES = [
  ['../../workers/', '../../dist/workers/'],
  ["import.meta.url.endsWith('.ts')", 'false'],
] as const;

/** `npm run test:built`: the suite with the workers that are published, each bundled into one file. */
export default mergeConfig(
  normal,
  defineConfig({
    plugins: [
      {
        name: 'built-workers',
        enforce: 'pre',
        transform(code, id) {
          if (!NAMES_WORKERS.test(id)) return undefined;
          return CHANGES.reduce((changed, [source, built]) => {
            if (!changed.includes(source))
              throw new Error(`Cannot have ${id} load built workers: no ${source}`);
            return changed.replace(source, built);
          }, code);
        },
      },
    ],
  }),
);
