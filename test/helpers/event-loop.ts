import { setImmediate as turn } from 'node:timers/promises';

/** Lets everything happen that needs neither time nor another thread. */
export async function turns(count = 20): Promise<void> {
  for (let done = 0; done < count; done++) await turn();
}

/** Whether a promise has settled, after everything that needs neither time nor another thread has happened. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  await turns();
  return settled;
}

/** Calls back from a timer of its own, as soon as the event loop comes to it. */
export function fromTimer(callback: () => void): void {
  setTimeout(callback, 0);
}
