import { WriteError } from './text-writer.ts';

/**
 * Writes an answer to stdout; resolves when it is written, or nobody wants it any more. Rejects with a WriteError where it
 * can't be written, as on a full disk.
 */
export async function print(text: string): Promise<void> {
  try {
    await write(text);
  } catch (reason) {
    const failure = new WriteError('stdout', reason);
    if (!failure.closedPipe) throw failure; // else the reader has seen enough, as `head` has
  }
}

function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.once('error', reject); // where nobody listens, Node ends the process
    process.stdout.write(text, (reason) => {
      if (reason === undefined || reason === null) resolve();
      else reject(reason);
    });
  });
}
