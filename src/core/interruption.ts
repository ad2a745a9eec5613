/**
 * Cuts many waits short by one event. Unlike a `Promise.race` against a promise that outlives them all, it holds nothing of
 * those that are over: there, each race leaves its result behind for as long as that promise is pending.
 */
export class Interruption {
  readonly #waits = new Set<(reason: unknown) => void>();
  #interrupted: { readonly reason: unknown } | undefined;

  /** Settles as `promise` does, or rejects when the interruption comes first. */
  race<Value>(promise: PromiseLike<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      const settle =
        <Argument>(how: (argument: Argument) => void) =>
        (argument: Argument) => {
          this.#waits.delete(reject);
          how(argument);
        };
      this.#waits.add(reject);
      promise.then(settle<Value>(resolve), settle<unknown>(reject));
      if (this.#interrupted !== undefined) reject(this.#interrupted.reason);
    });
  }

  /** Rejects all waits, those to come too. Only the first call counts. */
  interrupt(reason: unknown): void {
    if (this.#interrupted !== undefined) return;
    this.#interrupted = { reason };
    for (const reject of this.#waits) reject(reason);
    this.#waits.clear();
  }
}
