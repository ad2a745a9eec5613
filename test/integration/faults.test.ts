import { describeFaults } from './fault-battery.ts';

describeFaults(
  [1, 2].flatMap((threads) => [
    { isolation: 'thread', threads, sliceSize: 1, async: true },
    { isolation: 'thread', threads, sliceSize: 4, async: false },
    { isolation: 'thread', threads, sliceSize: 'auto', async: true },
  ]),
);
