import { messageOf } from './core/row-error.ts';
import { WorkerStartError, type Engine } from './engine/engine.ts';

/** Starts the engine when it is first needed, and tells once when nothing can run any more. */
export class EngineStart {
  readonly #engine: Engine;
  readonly #onReady: () => void;
  readonly #onFatal: (error: Error) => void;
  #state: 'idle' | 'starting' | 'ready' | 'failed' = 'idle';

  constructor(engine: Engine, { onReady, onFatal }: EngineStartEvents) {
    this.#engine = engine;
    this.#onReady = onReady;
    this.#onFatal = onFatal;
  }

  /** Whether slices can be sent; the first time it is asked, the engine starts. */
  isReady(): boolean {
    if (this.#state === 'idle') {
      this.#state = 'starting';
      this.#engine.start().then(
        () => {
          this.#state = 'ready';
          this.#onReady();
        },
        (reason: unknown) => {
          this.fail(reason);
        },
      );
    }
    return this.#state === 'ready';
  }

  /** Nothing can run any more. After a {@link WorkerStartError} the engine may be started again. */
  fail(reason: unknown): void {
    if (this.#state === 'failed') return;
    this.#state = reason instanceof WorkerStartError ? 'idle' : 'failed';
    this.#onFatal(reason instanceof Error ? reason : new Error(messageOf(reason), { cause: reason }));
  }
}

export interface EngineStartEvents {
  readonly onReady: () => void;
  readonly onFatal: (error: Error) => void;
}
