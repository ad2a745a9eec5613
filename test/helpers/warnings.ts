import { onTestFinished } from 'vitest';

/** Messages of the warnings that the process emits from now until the end of the test, of one code or all. */
export function collectWarnings(code?: string): readonly string[] {
  const messages: string[] = [];
  const note = (warning: Error & { readonly code?: string }) => {
    if (code === undefined || warning.code === code) messages.push(warning.message);
  };
  process.on('warning', note);
  onTestFinished(() => {
    process.off('warning', note);
  });
  return messages;
}
