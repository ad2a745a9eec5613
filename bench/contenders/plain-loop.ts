import transform from '../workers/transform.ts';
import type { Contender } from './contender.ts';

/** What a user has without any library: one loop on the main thread. */
export const plainLoop: Contender = {
  name: 'plain loop',
  role: 'loop',
  module: import.meta.url,
  open: async () => ({
    run: async (rows, sink) => {
      for (const row of rows) sink(transform(row));
    },
    close: async () => undefined,
  }),
};
