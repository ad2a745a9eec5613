import fc from 'fast-check';
import { isStress } from './runs.ts';

// A property that fails tells its counterexample and its seed before the test's time is over, however much there is to
// shrink. Far above what any property takes; those of the stress run take longer.
if (!isStress) fc.configureGlobal({ interruptAfterTimeLimit: 100_000 });
