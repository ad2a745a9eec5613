import { describeFaults } from './fault-battery.ts';

// the other configurations, and processes: faults.stress.test.ts, faults-in-processes.stress.test.ts
describeFaults([{ isolation: 'thread', threads: 2, sliceSize: 'auto', async: true }]);
