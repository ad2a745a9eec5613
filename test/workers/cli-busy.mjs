const refused = new Set();

/** Is busy the first time it sees a row in this thread. */
export default (row, context) => {
  if (context.attempt === 1 && !refused.has(row.n)) {
    refused.add(row.n);
    throw Object.assign(new Error('busy'), { status: 429 });
  }
  return { n: row.n, attempt: context.attempt };
};
