/** The row's number and its double. */
export default ({ n }) => ({ n, double: 2 * n });

export const triple = ({ n }) => ({ n, triple: 3 * n });

export const notAFunction = 3;
