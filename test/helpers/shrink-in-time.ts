import fc from 'fast-check';
import { isStress } from './runs.ts';

// A property that fails tells its counterexample and its seed before the test's time is over, however much there is to
// shrink; one that is cut off has failed. Far above what any property takes; those of the stress run take longer.
if (!isStress) {
  // a plugin would be installed once more with each test file of the process
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  fc.configureGlobal({ interruptAfterTimeLimit: 100_000, markInterruptAsFailure: true });
}
