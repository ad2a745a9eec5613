interface Refused {
  chdir: () => never;
  umask: (mask?: string | number) => number;
}

/** As in a thread: rows share the working directory and the mask of the process, so none may change them. */
export function refuseProcessChanges(): void {
  const methods = process as unknown as Refused;
  const readMask = methods.umask.bind(process);
  methods.chdir = () => refuse('process.chdir()');
  methods.umask = (mask) => (mask === undefined ? readMask() : refuse('Setting process.umask()'));
}

function refuse(what: string): never {
  throw Object.assign(new TypeError(`${what} is not supported in workers`), {
    code: 'ERR_WORKER_UNSUPPORTED_OPERATION',
  });
}
