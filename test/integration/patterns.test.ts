import { describePatterns } from './pattern-battery.ts';

// far more of them: patterns.stress.test.ts
describePatterns({ sizes: 12, poolSizesInThreads: [1, 10], plans: 12 });
