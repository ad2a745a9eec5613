/** What `audit` and `verify` say of a run that was stopped; earlier runs of a trail are not continued any more. */
export const STOPPED =
  'The run was stopped before the end of its input: --resume continues it, if it is the last one.';
