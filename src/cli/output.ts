import { constants, existsSync, fstatSync, ftruncateSync, statSync } from 'node:fs';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline, type Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { ContinuedFile } from './continued-file.ts';
import { messageOf, RunError, UsageError } from './exit.ts';
import { identityOf } from './file-identity.ts';
import { endOfLinks } from './link-check.ts';
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
  /** The first new row has its result: what the file had before, and is not of this run, is of no use any more. */
  begin(): void;
  /**
   * Everything that the file of a continued run can have was written. Resolves to what differs, where that is allowed;
   * rejects with a UsageError when it has more and that is not.
   */
  endOfExpected(): Promise<string | undefined>;
  /**
   * Closes a file to which nothing was written, as if it had not been opened. One that was made for it is removed, unless
   * `keeps` says that another process may be at it, or it has written something by now.
   */
  discard(options: { readonly keeps: boolean }): Promise<void>;
}

/**
 * What becomes of a file that is there: `replace` it, or go on where the run has left it: `continue`, which refuses a file
 * that is not the run's, or `mend`, which writes it anew from the first difference.
 */
export type OutputMode = 'replace' | 'continue' | 'mend';

/**
 * Opens the file to write, or stdout for `-`.
 *
 * @throws UsageError when that is not possible.
 */
export async function openOutput(
  file: string | undefined,
  format: RowFormat | undefined,
  mode: OutputMode,
): Promise<Output> {
  if (file === undefined || file === '-') return openStdout(format);
  const kind = kindOf(file, format);
  // compressed bytes can't be compared, so such a file is written again
  const replace =
    mode === 'replace' || kind.gzip || statSync(file, { throwIfNoEntry: false })?.isFile() === false;
  const target = existsSync(file) ? file : endOfLinks(file); // the system creates no file exclusively through a link
  const { handle, created } = await openForWriting(target, replace ? constants.O_WRONLY : constants.O_RDWR);
  const stats = await handle.stat();
  const opened = { file, handle, gzip: kind.gzip, truncate: stats.isFile() };
  return {
    kind,
    identity: identityOf(stats),
    mayBlock: !stats.isFile(),
    isTerminal: false,
    ...(replace ? replacingWriter(opened) : continuingWriter(opened, { mayDiffer: mode === 'mend' })),
    discard: async ({ keeps }) => {
      await handle.close();
      const isEmpty = statSync(target, { throwIfNoEntry: false })?.size === 0;
      if (created && !keeps && isEmpty) await unlink(target);
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
    begin: () => undefined,
    endOfExpected: () => Promise.resolve(undefined),
    discard: () => Promise.resolve(),
  };
}

async function openForWriting(
  file: string,
  access: number,
): Promise<{ handle: FileHandle; created: boolean }> {
  try {
    return {
      handle: await open(file, access | constants.O_CREAT | constants.O_EXCL),
      created: true,
    };
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(file, reason);
  }
  try {
    return { handle: await open(file, access), created: false };
  } catch (reason) {
    throw unwritable(file, reason);
  }
}

function unwritable(file: string, reason: unknown): UsageError {
  const isMissing = (reason as NodeJS.ErrnoException).code === 'ENOENT';
  const why = isMissing ? `the folder ${dirname(file)} doesn't exist: create it first` : messageOf(reason);
  return new UsageError(`Cannot write ${file}: ${why}`);
}

/** An error of either side comes out of what is returned. */
function gzipInto(sink: Writable): Writable {
  const gzip = createGzip();
  pipeline(gzip, sink, () => undefined);
  return gzip;
}

/** What is written to it would be lost without a word. */
function refuseIfRemoved(file: string, { fd }: FileHandle): void {
  if (fstatSync(fd).nlink === 0)
    throw new RunError(`Cannot write ${file}: somebody has removed it meanwhile, so that its rows are lost`);
}

type WayToWrite = Pick<Output, 'writer' | 'begin' | 'endOfExpected'>;

interface FileTarget {
  readonly file: string;
  readonly handle: FileHandle;
  readonly gzip: boolean;
  readonly truncate: boolean;
}

function replacingWriter({ file, handle, gzip, truncate }: FileTarget): WayToWrite {
  const sink = handle.createWriteStream();
  const stream = gzip ? gzipInto(sink) : sink;
  const writer = new TextWriter({
    name: file,
    stream,
    begin: () => {
      if (truncate) ftruncateSync(handle.fd);
    },
    end: async () => {
      if (truncate) refuseIfRemoved(file, handle);
      stream.end();
      await finished(sink);
    },
  });
  const begin = () => {
    writer.begin();
  };
  return { writer, begin, endOfExpected: () => Promise.resolve(undefined) };
}

function continuingWriter(
  { file, handle }: FileTarget,
  { mayDiffer }: { readonly mayDiffer: boolean },
): WayToWrite {
  const stream = new ContinuedFile({ file, handle, mayDiffer });
  const writer = new TextWriter({
    name: file,
    stream,
    begin: () => undefined,
    end: async () => {
      refuseIfRemoved(file, handle);
      stream.end();
      await finished(stream);
    },
  });
  const begin = () => {
    stream.cut();
  };
  const endOfExpected = async () => {
    await writer.written();
    return stream.endOfExpected();
  };
  return { writer, begin, endOfExpected };
}
