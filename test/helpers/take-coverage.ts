import { takeCoverage } from 'node:v8';
import { afterAll } from 'vitest';

// the test runner ends its processes without a chance to write down what has run
afterAll(() => takeCoverage());
