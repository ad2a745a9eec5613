import { once } from 'node:events';
import { connect } from 'node:net';

/** Lets whoever listens at the row's path know that it runs, and for how long, and never ends. */
export default async function loop({ path }) {
  await once(connect(path), 'connect');
  for (;;);
}
