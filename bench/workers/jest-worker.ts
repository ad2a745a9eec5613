/** jest-worker calls the exports of a module by their names. */
export { default as transform } from './transform.ts';
