import fc from 'fast-check';

// a counterexample that nobody reads need not be made small
fc.configureGlobal({ endOnFailure: true });
