import { DriftError } from '../index.ts';
import { driftRefusal } from './drift-text.ts';
import { messageOf, UsageError } from './exit.ts';
import { outputsOf, type RunFiles } from './run-files.ts';

/** How a run came to its end. */
export type Ending =
  | { readonly kind: 'finished' }
  /** Before the end of the input, as asked for. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'failed'; readonly reason: unknown };

/** Throws what the user is told instead of a summary where no row could run. */
export function throwIfUnusable(ending: Ending, files: RunFiles): void {
  // an output that is not the run's has ended the stream, which may look as if everything had been taken
  const failures = outputsOf(files).map(({ writer }) => writer.failure);
  const refusal = failures.find((failure) => failure instanceof UsageError);
  if (refusal !== undefined) throw refusal;
  if (ending.kind !== 'failed') return;
  const { reason } = ending;
  if (reason instanceof DriftError) throw new UsageError(driftRefusal(reason.differences));
  if ((reason as { readonly code?: unknown }).code === 'ERR_WORKER_INVALID_EXEC_ARGV') {
    throw new UsageError(`--exec-argv must be options that workers of Node take: ${messageOf(reason)}`);
  }
  if (reason instanceof UsageError) throw reason;
}
