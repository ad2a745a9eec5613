import { describeFaults } from './fault-battery.ts';

// the other configurations: faults-in-processes.stress.test.ts
describeFaults([{ isolation: 'process', threads: 2, sliceSize: 'auto', async: false }]);
