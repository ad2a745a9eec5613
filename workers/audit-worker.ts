/** What runs in the thread that owns a trail's file: everything that touches SQLite, so that no fsync holds up dispatch. */
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { parentPort } from 'node:worker_threads';
import { BlockReader } from '../src/audit/block-reader.ts';
import { ChainCheck } from '../src/audit/chain-check.ts';
import { Redactor } from '../src/audit/redactor.ts';
import { RunHistories } from '../src/audit/run-histories.ts';
import { TrailAppender } from '../src/audit/trail-appender.ts';
import { TrailFile } from '../src/audit/trail-file.ts';
import { TrailReader } from '../src/audit/trail-reader.ts';
import type { TrailService } from '../src/audit/trail-service.ts';

let file: TrailFile | undefined;
let appender: TrailAppender | undefined;
let check: ChainCheck | undefined;
let reader: TrailReader | undefined;
let histories: RunHistories | undefined;

const service: TrailService = {
  open(options) {
    file = new TrailFile(options);
    const blocks = new BlockReader(file);
    reader = new TrailReader(blocks);
    histories = new RunHistories(blocks);
    check = new ChainCheck(file.database);
    if (!options.readOnly) appender = new TrailAppender(file, new Redactor(options.redact));
  },
  append(sets) {
    if (appender === undefined) throw new Error('Cannot write to audit trail as it is open for reading only');
    return appender.append(sets);
  },
  records: (filter, after) => opened(reader).records(filter, after),
  runs: () => opened(reader).runs(),
  historyHead: (runId) => opened(histories).head(runId),
  historyRows: (runId, after) => opened(histories).rows(runId, after),
  historyOutlines(runId, after) {
    const { items, next } = opened(histories).outlines(runId, after);
    return { text: JSON.stringify(items), next };
  },
  chainStep: (after) => opened(check).step(after),
  otherProblems: () => opened(check).otherProblems(),
  close() {
    file?.close();
    return appender?.idlePaths ?? [];
  },
};

function opened<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('Cannot use audit trail as its file is not open');
  return part;
}

if (parentPort !== null) expose(service, nodeEndpoint(parentPort));
