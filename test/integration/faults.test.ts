import { describeFaults } from './fault-battery.ts';

// the other configurations: faults.stress.test.ts
describeFaults([{ isolation: 'thread', threads: 2, sliceSize: 'auto', async: true }]);
