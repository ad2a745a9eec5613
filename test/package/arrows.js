/**
 * Which part of the code may import which: the arrows between the rooms, and no cycles.
 * Run by `npm run lint`. Types count like values.
 *
 *   index -> pooled-executor -> { dispatcher, batch } -> { core, ports }
 *   transform -> core
 *   engine, audit -> core       workers -> core, engine, audit       cli -> index
 */
const ports = '^src/(engine/engine|audit/audit-trail)\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'core-imports-core-only',
      comment: 'src/core decides, and touches nothing outside: no package, no node: module.',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { pathNot: '^src/core/' },
    },
    {
      name: 'engine-imports-core',
      severity: 'error',
      from: { path: '^src/engine/' },
      to: { path: '^(src|workers|test|bench)/', pathNot: '^src/(engine|core)/' },
    },
    {
      name: 'audit-imports-core',
      severity: 'error',
      from: { path: '^src/audit/' },
      to: { path: '^(src|workers|test|bench)/', pathNot: '^src/(audit|core)/' },
    },
    {
      name: 'workers-import-core-engine-audit',
      severity: 'error',
      from: { path: '^workers/' },
      to: { path: '^(src|test|bench)/', pathNot: '^src/(core|engine|audit)/' },
    },
    {
      name: 'cli-imports-index',
      comment:
        'The command line uses the library like any user: from src/index.ts; its bin first asks node-version.ts. ' +
        'core/json.ts stands in for JSON.parse, which V8 gets wrong.',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: '^(src|workers|test|bench)/', pathNot: '^src/(cli/|(index|node-version|core/json)\\.ts$)' },
    },
    {
      name: 'nothing-imports-cli',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'only-cli-imports-index',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: '^src/cli/' },
      to: { path: '^src/index\\.ts$' },
    },
    {
      name: 'transform-imports-core',
      comment: 'Each worker whose transform imports pooled-executor/transform loads all of it.',
      severity: 'error',
      from: { path: '^src/transform\\.ts$' },
      to: { pathNot: '^src/core/' },
    },
    {
      name: 'only-index-imports-pooled-executor',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(index|create-executor)\\.ts$' },
      to: { path: '^src/pooled-executor\\.ts$' },
    },
    {
      name: 'dispatcher-and-batch-import-ports',
      comment: 'They know the engine and the trail by their ports alone.',
      severity: 'error',
      from: { path: '^src/(dispatcher|batch)\\.ts$' },
      to: { path: '^src/(engine|audit)/', pathNot: ports },
    },
    {
      name: 'src-does-not-import-workers',
      comment: 'A worker is started from its URL.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(workers|test|bench)/' },
    },
    {
      name: 'only-threads-import-piscina',
      severity: 'error',
      from: { pathNot: '^(src/engine/thread-host|workers/transform-worker)\\.ts$' },
      to: { path: '(^|/)node_modules/piscina/' },
    },
    {
      name: 'no-dev-dependency',
      comment: 'What users install has only `dependencies` (and tsx where they have it).',
      severity: 'error',
      from: { path: '^(src|workers)/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        pathNot: 'node_modules/(tsx|@types)/',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
