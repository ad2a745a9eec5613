await new Promise(() => undefined);

export default (row) => row;
