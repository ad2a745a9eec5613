import { describeFaults } from './fault-battery.ts';

describeFaults([
  { isolation: 'thread', threads: 1, sliceSize: 4, async: false },
  { isolation: 'thread', threads: 1, sliceSize: 1, async: true },
  { isolation: 'thread', threads: 2, sliceSize: 1, async: true },
  { isolation: 'thread', threads: 2, sliceSize: 4, async: false },
  { isolation: 'thread', threads: 1, sliceSize: 'auto', async: true },
  { isolation: 'thread', threads: 2, sliceSize: 'auto', async: true }, // faults.test.ts: here with the slow ones
]);
