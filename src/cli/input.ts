import { createReadStream, fstatSync, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { messageOf, RunError, UsageError } from './exit.ts';
import { identityOf } from './file-identity.ts';
import { kindOf, type FileKind, type RowFormat } from './formats.ts';

/** Each read of a file wakes another thread and waits for it, which can take as long as to deal with what it brings. */
const READ_BYTES = 512 * 1024;
const UNZIPPED_BYTES = 64 * 1024;

/** An input that is open and not yet read. */
export interface Input {
  readonly name: string;
  readonly kind: FileKind;
  /** Tells regular files apart; undefined for all else. */
  readonly identity: string | undefined;
  /** How many bytes there are to read, where that is known. */
  readonly sizeBytes: number | undefined;
  /** How many of them were read so far. */
  bytesRead(): number;
  /** Decompressed where the name says so. Throws a RunError when reading fails. */
  chunks(): AsyncGenerator<Buffer, void>;
  /** Frees the file, also while a chunk is awaited. */
  readonly close: () => void;
}

/**
 * Opens the file to read, or stdin for `-`.
 *
 * @throws UsageError when that is not possible.
 */
export async function openInput(file: string | undefined, format: RowFormat | undefined): Promise<Input> {
  if (file === undefined || file === '-') return openStdin(file, format);
  const kind = kindOf(file, format);
  const handle = await openForReading(file);
  const stats = await handle.stat();
  if (stats.isDirectory()) {
    await handle.close();
    throw new UsageError(`Cannot read ${file}: it is a directory`);
  }
  return toInput({ name: file, kind, stats, raw: handle.createReadStream({ highWaterMark: READ_BYTES }) });
}

function openStdin(file: string | undefined, format: RowFormat | undefined): Input {
  if (file === undefined && process.stdin.isTTY) {
    throw new UsageError("Nothing to read: name an input file, pipe rows in, or give '-' to type them");
  }
  const kind = kindOf(undefined, format);
  const stats = fstatSync(0);
  const raw = stats.isFile()
    ? createReadStream('', { fd: 0, autoClose: false, highWaterMark: READ_BYTES })
    : process.stdin;
  return toInput({ name: 'stdin', kind, stats, raw });
}

async function openForReading(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r');
  } catch (reason) {
    throw new UsageError(`Cannot read ${file}: ${messageOf(reason)}`);
  }
}

interface InputParts {
  readonly name: string;
  readonly kind: FileKind;
  readonly stats: Stats;
  readonly raw: Readable & { readonly bytesRead: number };
}

function toInput({ name, kind, stats, raw }: InputParts): Input {
  return {
    name,
    kind,
    identity: identityOf(stats),
    sizeBytes: stats.isFile() ? stats.size : undefined,
    bytesRead: () => raw.bytesRead,
    chunks: () => readChunks(name, kind.gzip ? gunzip(raw) : raw),
    close: () => raw.destroy(),
  };
}

function gunzip(raw: Readable): Readable {
  const plain = createGunzip({ chunkSize: UNZIPPED_BYTES });
  pipeline(raw, plain, () => undefined); // an error of either side comes out of `plain`
  return plain;
}

async function* readChunks(name: string, stream: Readable): AsyncGenerator<Buffer, void> {
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) yield chunk;
  } catch (reason) {
    throw new RunError(`Cannot read ${name}: ${messageOf(reason)}`);
  }
}
