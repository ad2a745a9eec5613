const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;
type Signal = keyof typeof SIGNAL_NUMBERS;
const SIGNALS = Object.keys(SIGNAL_NUMBERS) as Signal[];

/** npm, npx and `timeout` pass on a Ctrl-C that the terminal has already sent: what comes within this time is one. */
const SAME_SIGNAL_MS = 250;

export interface InterruptHandlers {
  /** Stop taking rows in and finish those that were. */
  readonly onFirst: () => void;
  /** From now on a further signal is a second one. */
  readonly onArmed: () => void;
  /** Stop now. */
  readonly onSecond: () => void;
}

/** Listens to Ctrl-C and `kill`. From the third on the signal does what it does to any process. */
export class Interrupts {
  readonly #handlers: InterruptHandlers;
  #state: 'listening' | 'interrupted' | 'armed' = 'listening';
  #exitCode: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(handlers: InterruptHandlers) {
    this.#handlers = handlers;
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  /** The exit code of a run that was interrupted; undefined when it was not. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (signal: Signal): void => {
    this.#exitCode ??= 128 + SIGNAL_NUMBERS[signal];
    if (this.#state === 'listening') this.#onFirst();
    else if (this.#state === 'armed') this.#onSecond();
  };

  #onFirst(): void {
    this.#state = 'interrupted';
    this.#timer = setTimeout(() => {
      this.#state = 'armed';
      this.#handlers.onArmed();
    }, SAME_SIGNAL_MS);
    this.#handlers.onFirst();
  }

  #onSecond(): void {
    this.dispose();
    this.#handlers.onSecond();
  }
}
