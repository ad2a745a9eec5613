/**
 * What piscina loads in each thread. It is CommonJS, so that the modules behind it come by `import()`: piscina would
 * `require` an ES module, and Node aborts the whole process when a thread is terminated in the middle of that
 * (seen with 22 and 24, "CreateRequiredModuleFacade: Assertion failed").
 */
import type { WorkerReply, WorkerTask } from '../src/engine/worker-protocol.ts' with {
  'resolution-mode': 'import',
};

const worker = import('./transform-worker.ts');

module.exports = async (task: WorkerTask): Promise<WorkerReply> => (await worker).default(task);
