// The same, as far as it goes in the stress run: helpers/runs.ts.
import './independence.test.ts';
