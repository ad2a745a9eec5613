import { createReadStream, fstatSync, read, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { messageOf, RunError, UsageError } from './exit.ts';
import { identityOf } from './file-identity.ts';
import { kindOf, type FileKind, type RowFormat } from './formats.ts';
import { BLOCK_BYTES, readBlocks, type ReadInto } from './read-blocks.ts';

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
    throw isDirectory(file);
  }
  const source = hasPlainLines(kind, stats)
    ? blocksOf(
        async (buffer, offset, length) => (await handle.read(buffer, offset, length, null)).bytesRead,
        () => void handle.close(),
      )
    : chunksOf(kind, handle.createReadStream({ highWaterMark: BLOCK_BYTES }));
  return toInput({ name: file, kind, stats, source });
}

function openStdin(file: string | undefined, format: RowFormat | undefined): Input {
  if (file === undefined && process.stdin.isTTY) {
    throw new UsageError("Nothing to read: name an input file, pipe rows in, or give '-' to type them");
  }
  const kind = kindOf(undefined, format);
  const stats = fstatSync(0);
  if (stats.isDirectory()) throw isDirectory('stdin');
  const source = hasPlainLines(kind, stats)
    ? blocksOf(
        async (buffer, offset, length) => (await readFrom(0, buffer, offset, length, null)).bytesRead,
        () => undefined,
      )
    : chunksOf(kind, stdinOf(stats));
  return toInput({ name: 'stdin', kind, stats, source });
}

function stdinOf(stats: Stats): RawStream {
  return stats.isFile()
    ? createReadStream('', { fd: 0, autoClose: false, highWaterMark: BLOCK_BYTES })
    : process.stdin;
}

function isDirectory(name: string): UsageError {
  return new UsageError(`Cannot read ${name}: it is a directory`);
}

async function openForReading(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r');
  } catch (reason) {
    const isMissing = (reason as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UsageError(`Cannot read ${file}: ${isMissing ? 'there is no such file' : messageOf(reason)}`);
  }
}

const readFrom = promisify(read);

type RawStream = Readable & { readonly bytesRead: number };

/** What an input is read from. */
type Source = Pick<Input, 'bytesRead' | 'close'> & { chunks(): AsyncIterable<Buffer> };

interface InputParts {
  readonly name: string;
  readonly kind: FileKind;
  readonly stats: Stats;
  readonly source: Source;
}

function toInput({ name, kind, stats, source }: InputParts): Input {
  return {
    name,
    kind,
    identity: identityOf(stats),
    sizeBytes: stats.isFile() ? stats.size : undefined,
    bytesRead: () => source.bytesRead(),
    chunks: () => readChunks(name, source),
    close: source.close,
  };
}

/** Whether the lines can go to the workers as they are read. */
function hasPlainLines({ format, gzip }: FileKind, stats: Stats): boolean {
  return stats.isFile() && format === 'ndjson' && !gzip;
}

function blocksOf(readInto: ReadInto, close: () => void): Source {
  let bytesRead = 0;
  const counted: ReadInto = async (buffer, offset, length) => {
    const bytes = await readInto(buffer, offset, length);
    bytesRead += bytes;
    return bytes;
  };
  return { bytesRead: () => bytesRead, chunks: () => readBlocks(counted), close };
}

function chunksOf({ gzip }: FileKind, raw: RawStream): Source {
  return {
    bytesRead: () => raw.bytesRead,
    chunks: () => (gzip ? gunzip(raw) : raw),
    close: () => raw.destroy(),
  };
}

function gunzip(raw: Readable): Readable {
  const plain = createGunzip({ chunkSize: UNZIPPED_BYTES });
  pipeline(raw, plain, () => undefined); // an error of either side comes out of `plain`
  return plain;
}

async function* readChunks(name: string, source: Source): AsyncGenerator<Buffer, void> {
  let isFirst = true;
  try {
    for await (const chunk of source.chunks()) {
      if (isFirst) refuseUnlessText(name, chunk);
      isFirst = false;
      yield chunk;
    }
  } catch (reason) {
    throw reason instanceof UsageError ? reason : new RunError(`Cannot read ${name}: ${messageOf(reason)}`);
  }
}

/** What rows are never in, by its first bytes, and what to do about it. */
const NO_TEXT = [
  [
    [0x1f, 0x8b],
    'it is compressed with gzip: give it a name that ends with .gz, or pipe it through gzip -dc',
  ],
  [[0x28, 0xb5, 0x2f, 0xfd], 'it is compressed with zstd: pipe it through zstd -dc'],
  [[0xff, 0xfe], 'it is UTF-16: pipe it through iconv -f UTF-16 -t UTF-8'],
  [[0xfe, 0xff], 'it is UTF-16: pipe it through iconv -f UTF-16 -t UTF-8'],
] as const;

function refuseUnlessText(name: string, start: Buffer): void {
  const known = NO_TEXT.find(([bytes]) => bytes.every((byte, index) => start[index] === byte));
  if (known !== undefined) throw new UsageError(`Cannot read ${name}: ${known[1]}`);
}
