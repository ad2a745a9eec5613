/** Writes an answer to stdout; resolves when it is written, or nobody wants it any more. */
export function print(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.once('error', () => resolve()); // the reader has seen enough, as `head` has
    process.stdout.write(text, () => resolve());
  });
}
