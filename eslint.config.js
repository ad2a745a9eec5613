import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const useHelper =
  'Tests never wait for time to pass: use a barrier, a deferred promise or FakeClock (test/helpers).';

const timerModules = ['timers', 'node:timers', 'timers/promises', 'node:timers/promises'];
const clockModules = ['perf_hooks', 'node:perf_hooks'];
const timers = ['setTimeout', 'setInterval', 'setImmediate'];
const clocks = [
  ['Date', 'now'],
  ['performance', 'now'],
  ['process', 'hrtime'],
];

/** Rules that keep `timers` and `clocks` out, however they are spelt. */
function noTime(message, { properties = [], syntax = [], globals = [], modules = [], patterns = [] } = {}) {
  const restrictedProperties = [
    ...clocks,
    ...timers.map((name) => ['globalThis', name]),
    ['AbortSignal', 'timeout'],
    ...properties,
  ];
  return {
    'no-restricted-globals': ['error', ...[...timers, ...globals].map((name) => ({ name, message }))],
    'no-restricted-imports': [
      'error',
      {
        paths: [...timerModules, ...clockModules, ...modules].map((name) => ({ name, message })),
        patterns: patterns.map((regex) => ({ regex, message })),
      },
    ],
    'no-restricted-properties': [
      'error',
      ...restrictedProperties.map(([object, property]) => ({ object, property, message })),
    ],
    'no-restricted-syntax': [
      'error',
      { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message },
      { selector: 'ImportExpression[source.value=/^(node:)?(timers|perf_hooks)/]', message },
      {
        selector: 'CallExpression[callee.name="require"][arguments.0.value=/^(node:)?(timers|perf_hooks)/]',
        message,
      },
      ...syntax.map((selector) => ({ selector, message })),
    ],
  };
}

export default defineConfig(
  // test/fixtures: modules that are broken on purpose, or need more than type stripping.
  globalIgnores(['dist/', 'coverage/', 'reports/', 'test/fixtures/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // What is thrown or aborted with belongs to the user: it goes on as it came.
      '@typescript-eslint/only-throw-error': [
        'error',
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      '@typescript-eslint/prefer-promise-reject-errors': [
        'error',
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNullish: false },
      ],
      '@typescript-eslint/unified-signatures': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          ...['console', 'process', 'Buffer', 'URL', 'URLSearchParams', 'TextEncoder', 'TextDecoder'],
          ...['AbortController', 'AbortSignal', 'Event', 'EventTarget', 'MessageChannel', 'structuredClone'],
          ...[
            'ReadableStream',
            'WritableStream',
            'TransformStream',
            'performance',
            'queueMicrotask',
            'fetch',
          ],
          ...timers,
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  { files: ['**/*.cjs'], languageOptions: { sourceType: 'commonjs' } },
  {
    // The core decides; it takes the time as an argument, and touches nothing outside.
    files: ['src/core/**/*.ts'],
    rules: noTime('src/core has no clock, timer, randomness, I/O or process: take it as an argument.', {
      globals: ['process', 'performance', 'console', 'fetch', 'crypto', 'queueMicrotask'],
      properties: [['Math', 'random']],
    }),
  },
  {
    files: ['test/**'],
    rules: {
      // Tests throw, reject and index what a user might.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  { files: ['bench/**'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
  {
    files: ['test/**'],
    ignores: ['test/helpers/**', 'test/package/**', 'test/soak/**'],
    rules: noTime(useHelper, {
      patterns: ['/(monotonic-now|system-clock)\\.ts$'],
      properties: [
        ['vi', 'waitFor'],
        ['vi', 'waitUntil'],
        ['expect', 'poll'],
        ['scheduler', 'wait'],
      ],
      syntax: [
        'CallExpression[callee.object.name="Atomics"][callee.property.name=/^wait(Async)?$/][arguments.length>3]',
      ],
    }),
  },
);
