import { messageOf } from './core/row-error.ts';
import { WorkerStartError, type Engine } from './engine/engine.ts';

/** Starts the engine when it is first needed, and tells once when nothing can run any more. */
export class EngineStart {
  readonly #engine: Engine;
  readonly #events: EngineStartEvents;
  #state: 'idle' | 'starting' | 'ready' | 'failed' = 'idle';

  constructor(engine: Engine, events: EngineStartEvents) {
    this.#engine = engine;
    this.#events = events;
  }

  /** The engine starts, if it has not, for so many rows as wait by now. */
  begin(rows: number): void {
    if (this.#state === 'starting') this.#engine.expectRows?.(rows);
    if (this.#state !== 'idle') return;
    this.#state = 'starting';
    this.#engine.start(rows).then(
      () => {
        this.#state = 'ready';
        this.#events.onReady();
      },
      (reason: unknown) => {
        this.fail(reason);
      },
    );
    this.#events.onStarting();
  }

  /** Whether slices can be sent for the rows that wait; the first time it is asked, the engine starts. */
  isReady(rows: number): boolean {
    this.begin(rows);
    return this.#state === 'ready';
  }

  /** Nothing can run any more. After a {@link WorkerStartError} the engine may be started again. */
  fail(reason: unknown): void {
    if (this.#state === 'failed') return;
    this.#state = reason instanceof WorkerStartError ? 'idle' : 'failed';
    this.#events.onFatal(reason instanceof Error ? reason : new Error(messageOf(reason), { cause: reason }));
  }
}

export interface EngineStartEvents {
  /** The engine has begun to start, which takes a while. */
  readonly onStarting: () => void;
  readonly onReady: () => void;
  readonly onFatal: (error: Error) => void;
}
