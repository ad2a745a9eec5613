import { constants, fstatSync, ftruncateSync } from 'node:fs';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { pipeline, type Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { messageOf, UsageError } from './exit.ts';
import { identityOf } from './file-identity.ts';
import { kindOf, type FileKind, type RowFormat } from './formats.ts';
import { TextWriter } from './text-writer.ts';

/** An output that is open. A file keeps its old content until the first row is written. */
export interface Output {
  readonly kind: FileKind;
  /** Tells regular files apart; undefined for all else. */
  readonly identity: string | undefined;
  /** A pipe that nobody reads can hold up its writer for ever. */
  readonly mayBlock: boolean;
  readonly isTerminal: boolean;
  readonly writer: TextWriter;
  /** Closes a file to which nothing was written, as if it had not been opened. */
  discard(): Promise<void>;
}

/**
 * Opens the file to write, or stdout for `-`.
 *
 * @throws UsageError when that is not possible.
 */
export async function openOutput(file: string | undefined, format: RowFormat | undefined): Promise<Output> {
  if (file === undefined || file === '-') return openStdout(format);
  const kind = kindOf(file, format);
  const { handle, created } = await openForWriting(file);
  const stats = await handle.stat();
  return {
    kind,
    identity: identityOf(stats),
    mayBlock: !stats.isFile(),
    isTerminal: false,
    writer: fileWriter({ file, handle, gzip: kind.gzip, truncate: stats.isFile() }),
    discard: async () => {
      await handle.close();
      if (created) await unlink(file);
    },
  };
}

function openStdout(format: RowFormat | undefined): Output {
  const { stdout } = process;
  const writer = new TextWriter({
    name: 'stdout',
    stream: stdout,
    begin: () => undefined,
    end: () => new Promise((resolve) => stdout.write('', () => resolve())),
  });
  return {
    kind: kindOf(undefined, format),
    identity: identityOf(fstatSync(1)),
    mayBlock: true,
    isTerminal: stdout.isTTY,
    writer,
    discard: () => Promise.resolve(),
  };
}

async function openForWriting(file: string): Promise<{ handle: FileHandle; created: boolean }> {
  try {
    return {
      handle: await open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL),
      created: true,
    };
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(file, reason);
  }
  try {
    return { handle: await open(file, constants.O_WRONLY), created: false };
  } catch (reason) {
    throw unwritable(file, reason);
  }
}

function unwritable(file: string, reason: unknown): UsageError {
  return new UsageError(`Cannot write ${file}: ${messageOf(reason)}`);
}

/** An error of either side comes out of what is returned. */
function gzipInto(sink: Writable): Writable {
  const gzip = createGzip();
  pipeline(gzip, sink, () => undefined);
  return gzip;
}

interface FileTarget {
  readonly file: string;
  readonly handle: FileHandle;
  readonly gzip: boolean;
  readonly truncate: boolean;
}

function fileWriter({ file, handle, gzip, truncate }: FileTarget): TextWriter {
  const sink = handle.createWriteStream();
  const stream = gzip ? gzipInto(sink) : sink;
  return new TextWriter({
    name: file,
    stream,
    begin: () => {
      if (truncate) ftruncateSync(handle.fd);
    },
    end: async () => {
      stream.end();
      await finished(sink);
    },
  });
}
