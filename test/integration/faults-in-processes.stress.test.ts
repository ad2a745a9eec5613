import { describeFaults } from './fault-battery.ts';

describeFaults([
  { isolation: 'process', threads: 1, sliceSize: 1, async: true },
  { isolation: 'process', threads: 2, sliceSize: 1, async: true },
  { isolation: 'process', threads: 1, sliceSize: 'auto', async: false },
  { isolation: 'process', threads: 2, sliceSize: 'auto', async: false },
]);
