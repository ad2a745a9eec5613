import { describePatterns } from './pattern-battery.ts';

describePatterns({ sizes: 50, poolSizesInThreads: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], plans: 60 });
