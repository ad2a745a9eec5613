import { describePatterns } from './pattern-battery.ts';

// far more of them: patterns.stress.test.ts
describePatterns({ sizes: 20, poolSizes: [1, 3, 10], plans: 20 });
