/** Rows say which thing of this process they give away, and how. */
import type { TransformContext } from '../../src/index.ts';
import { wasmModule } from '../helpers/wasm-module.ts';

export interface HandleRow {
  readonly how: 'returned' | 'thrown' | 'asked' | 'answered' | 'not at all';
  readonly what?: 'shared' | 'view' | 'blob' | 'module';
}

export default async function giveAway(
  { how, what }: HandleRow,
  { call }: TransformContext,
): Promise<unknown> {
  const handle = what && HANDLES[what]();
  switch (how) {
    case 'returned':
      return { handle };
    case 'thrown':
      throw Object.assign(new Error('with more'), { handle });
    case 'asked':
      return call('ask', { handle }, () => 'answer');
    case 'answered':
      return call('ask', 'request', () => ({ handle }));
    case 'not at all':
      return 'fine';
  }
}

const HANDLES = {
  shared: () => new SharedArrayBuffer(8),
  view: () => new Uint8Array(new SharedArrayBuffer(8)),
  blob: () => new Blob(['text']),
  module: wasmModule,
};
