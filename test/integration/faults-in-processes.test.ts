import { describeFaults } from './fault-battery.ts';

describeFaults(
  [1, 2].flatMap((threads) => [
    { isolation: 'process', threads, sliceSize: 1, async: true },
    { isolation: 'process', threads, sliceSize: 'auto', async: false },
  ]),
);
