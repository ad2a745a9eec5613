type State =
  | { readonly kind: 'open' }
  | { readonly kind: 'draining'; readonly done: Promise<void> }
  | { readonly kind: 'destroying'; readonly done: Promise<void> };

/** From open to draining or destroying, or from draining to destroying; never back. */
export class Lifecycle {
  readonly #drain: () => Promise<void>;
  readonly #destroy: () => Promise<void>;
  #state: State = { kind: 'open' };

  /** `drain` lets all work finish and then frees everything; `destroy` ends all work and frees everything. */
  constructor(drain: () => Promise<void>, destroy: () => Promise<void>) {
    this.#drain = drain;
    this.#destroy = destroy;
  }

  get isOpen(): boolean {
    return this.#state.kind === 'open';
  }

  /** Resolves when everything is freed, whichever way it came to that. */
  drain(): Promise<void> {
    if (this.#state.kind === 'open') this.#state = { kind: 'draining', done: this.#drain() };
    return this.#state.done;
  }

  destroy(): Promise<void> {
    if (this.#state.kind !== 'destroying') {
      const before = this.#state.kind === 'draining' ? this.#state.done : undefined;
      // the drain sees its work end and comes to its own end
      this.#state = {
        kind: 'destroying',
        done: Promise.all([this.#destroy(), before]).then(() => undefined),
      };
    }
    return this.#state.done;
  }
}
