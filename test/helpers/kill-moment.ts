import { watch } from 'node:fs';
import type { CliProcess } from './cli.ts';

/** When to kill a process: after so many dots on its stderr, or after so many changes of a file. */
export type KillMoment =
  | { readonly kind: 'starts'; readonly count: number }
  | { readonly kind: 'changes'; readonly file: string; readonly count: number };

/** Kills the process with SIGKILL at the moment; false when it ends before. @param folder where the file is */
export async function killAt(cli: CliProcess, moment: KillMoment, folder: string): Promise<boolean> {
  const { promise: due, resolve } = Promise.withResolvers<boolean>();
  let left = moment.count;
  const count = (events: number) => {
    left -= events;
    if (left <= 0) resolve(true);
  };
  const watcher = moment.kind === 'changes' ? watch(folder) : undefined;
  if (moment.kind === 'changes') {
    watcher?.on('change', (_type, file) => {
      if (file === moment.file) count(1);
    });
  } else {
    cli.child.stderr.on('data', (data: Buffer) => {
      count(data.toString('latin1').split('.').length - 1);
    });
  }
  const isDue = await Promise.race([due, cli.ended.then(() => false)]);
  watcher?.close();
  return isDue && cli.child.kill('SIGKILL');
}
