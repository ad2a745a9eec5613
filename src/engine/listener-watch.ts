type Note = (event: string | symbol, listener: object) => void;

/** What is needed of an event emitter. */
export interface Emitter {
  on(event: 'newListener' | 'removeListener', note: Note): unknown;
  off(event: 'newListener' | 'removeListener', note: Note): unknown;
}

interface Change<Row> {
  readonly row: Row;
  readonly name: string;
  readonly event: string | symbol;
  readonly listener: object;
  readonly isAdded: boolean;
}

/** A row has left the listeners of the emitter otherwise than it found them. */
export type ListenerChange<Row> = Pick<Change<Row>, 'row' | 'name'>;

export interface ListenerWatchOptions<Row> {
  /** What the emitter is called. */
  readonly name: string;
  /** Which row it was that started what runs at this moment, if one did. */
  readonly originOf: () => Row | undefined;
}

/**
 * Notices that rows add listeners to an emitter, or remove those of others, by the events that it emits at that: it costs rows
 * that don't nothing. What a row takes away again before it is over is not counted.
 */
export class ListenerWatch<Row> {
  readonly #emitter: Emitter;
  readonly #options: ListenerWatchOptions<Row>;
  readonly #accepted = new Set<string>();
  /** Listeners of rows that were told of: they may be removed as they came. */
  readonly #known = new WeakSet<object>();
  #changes: readonly Change<Row>[] = [];

  constructor(emitter: Emitter, options: ListenerWatchOptions<Row>) {
    this.#emitter = emitter;
    this.#options = options;
    emitter.on('removeListener', this.#onRemoved);
    emitter.on('newListener', this.#onAdded);
  }

  /** Notices nothing any more. */
  close(): void {
    this.#emitter.off('newListener', this.#onAdded);
    this.#emitter.off('removeListener', this.#onRemoved);
    this.#changes = [];
  }

  get isEmpty(): boolean {
    return this.#changes.length === 0;
  }

  accept(names: readonly string[]): void {
    for (const name of names) this.#accepted.add(name);
  }

  /** Takes out what rows have left that are over. */
  take(isOver: (row: Row) => boolean): readonly ListenerChange<Row>[] {
    const taken = this.#changes.filter(({ row }) => isOver(row));
    this.#changes = this.#changes.filter((change) => !taken.includes(change));
    for (const { listener } of taken) this.#known.add(listener);
    return taken;
  }

  readonly #onAdded: Note = (event, listener) => {
    this.#note(event, listener, true);
  };

  readonly #onRemoved: Note = (event, listener) => {
    this.#note(event, listener, false);
  };

  #note(event: string | symbol, given: object, isAdded: boolean): void {
    const { listener = given } = given as { readonly listener?: object }; // `once` may say it by its wrapper
    const undone = this.#changes.find(
      (change) => change.event === event && change.listener === listener && change.isAdded !== isAdded,
    );
    if (undone !== undefined) {
      this.#changes = this.#changes.filter((change) => change !== undone);
      return;
    }
    const row = this.#options.originOf();
    const name = `${this.#options.name}.${isAdded ? 'on' : 'off'}('${String(event)}')`;
    if (row === undefined || this.#accepted.has(name) || (!isAdded && this.#known.has(listener))) return;
    this.#changes = [...this.#changes, { row, name, event, listener, isAdded }];
  }
}
