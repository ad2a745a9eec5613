import { expose, wrap, type Remote } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import type { MessagePort } from 'node:worker_threads';
import type { CallService } from './worker-protocol.ts';

/** Dispatching thread: answers the calls of one worker. The port doesn't keep the process alive. */
export function exposeCallService(service: CallService, port: MessagePort): void {
  expose(service, nodeEndpoint(port));
  port.unref();
}

/** Worker: the service at the other end of the port. */
export function wrapCallService(port: MessagePort): Remote<CallService> {
  return wrap<CallService>(nodeEndpoint(port));
}
