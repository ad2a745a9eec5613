import { parentPort } from 'node:worker_threads';
import lineTransform from '../../dist/workers/line-transform.js';

/** What the line transform returns, without waiting for it. */
const context = { stateId: 's', rowIndex: 0, attempt: 1 };
const returned = ['{"case":"value","value":[1]}', '{"case":"promise","value":[1]}'].map((line) =>
  lineTransform(line, context),
);
parentPort.postMessage(returned.map((value) => (value instanceof Promise ? 'promise' : value)));
