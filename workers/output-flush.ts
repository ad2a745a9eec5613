import type { Writable } from 'node:stream';

/** A stream, and its own way to write, whatever rows exchange. */
interface Used {
  readonly stream: Writable;
  readonly write: Writable['write'];
}

/**
 * Waits for what rows have written to standard output and error to leave the worker, which may be ended as soon as the
 * executor has their results: what a stream still holds then would be lost.
 */
export class OutputFlush {
  /** Only what is used: the mere look at `process.stdout` makes the pipe behind it refuse writes that would block. */
  readonly #used: Used[] = [];

  /** To be called before anything is written. */
  constructor() {
    for (const name of ['stdout', 'stderr'] as const) this.#noteUse(name);
  }

  /** Undefined where there is nothing to wait for. */
  flush(): Promise<void> | undefined {
    for (let index = 0; index < this.#used.length; index++)
      if (holdsOutput(this.#used[index] as Used)) return this.#flush();
    return undefined;
  }

  async #flush(): Promise<void> {
    for (let index = 0; index < this.#used.length; index++) {
      const used = this.#used[index] as Used;
      if (holdsOutput(used)) await new Promise((resolve) => used.write('', resolve));
    }
  }

  #noteUse(name: 'stdout' | 'stderr'): void {
    const property = Object.getOwnPropertyDescriptor(process, name);
    const open = property?.get?.bind(process) as (() => Writable) | undefined;
    if (open === undefined) return;
    let stream: Writable | undefined;
    const get = () => {
      if (stream !== undefined) return stream;
      stream = open();
      this.#used.push({ stream, write: stream.write.bind(stream) });
      return stream;
    };
    Object.defineProperty(process, name, { ...property, get });
  }
}

/** Not if a row has closed it. */
function holdsOutput({ stream }: Used): boolean {
  return stream.writable && stream.writableLength > 0;
}
