/** What `audit` and `verify` say of a run that was stopped; earlier runs of a trail are not continued any more. */
export const STOPPED =
  'The run was stopped before all of its input was done: --resume continues it, if it is the last one.';
