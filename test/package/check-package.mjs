/**
 * `npm run pack:check`: is what we would publish what a user needs?
 *
 * Packs the tarball, runs publint and attw on it, installs it in an empty folder, and there
 *   - compiles a consumer with the strictest settings,
 *   - checks that `pooled-executor/transform` is a part of `pooled-executor`, and loads nothing else,
 *   - writes and runs the examples of README.md,
 *   - runs the command line (`--version`, and a tiny NDJSON run),
 *   - on a Node older than `engines.node`, checks that the CLI and the library stop with one clear line.
 *
 * README convention: a fenced code block is an example when the line before its fence (blank lines aside) is
 *
 *   <!-- file: name -->   the block is written to that file
 *   <!-- run: name -->    the same, and when all files are written it is run, in the order of the README:
 *                         .mjs, .js, .ts by `node`, .sh by `bash -e` with the CLI on the PATH
 *
 * An example fails when it exits with anything but 0. At least one `run` must be there.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const oldestNode = /(\d+)\.(\d+)/.exec(manifest.engines.node).slice(1).map(Number);
const runTimeoutMs = 180_000;

// npm tells its scripts about this repository; the commands of the consumer must not hear of it.
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm_(package|lifecycle|config_local)|INIT_CWD$)/.test(name),
  ),
);
const searchPath = (process.env.PATH ?? '').split(path.delimiter);

function run(command, args, { cwd = root, env = environment } = {}) {
  const done = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: runTimeoutMs, input: '' });
  if (done.error !== undefined) throw done.error;
  return done;
}

function mustRun(command, args, options) {
  const done = run(command, args, options);
  if (done.status !== 0) {
    const why = done.signal === null ? `exit code ${done.status}` : `signal ${done.signal}`;
    throw new Error(`${[command, ...args].join(' ')}: ${why}\n${done.stdout}${done.stderr}`);
  }
  return done.stdout;
}

const repositoryBin = (name) => path.join(root, 'node_modules', '.bin', name);

function nodeVersion(node) {
  return mustRun(node, ['-p', 'process.versions.node']).trim().split('.').map(Number);
}

const isSupported = ([major, minor]) =>
  major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
const stripsTypes = ([major, minor]) => major > 22 || (major === 22 && minor >= 18);

/** The machine's own Node: the first on the PATH that no package brought along. */
function findSystemNode() {
  return searchPath
    .filter((folder) => folder !== '' && !/node_modules[\\/]/.test(folder))
    .map((folder) => path.join(folder, 'node'))
    .find((file) => existsSync(file));
}

function readExamples(readme) {
  const fenced = /^<!-- (file|run): (\S+) -->[ \t]*\n(?:[ \t]*\n)*(`{3,})[^\n]*\n([\s\S]*?)^\3[ \t]*$/gm;
  const examples = [...readme.matchAll(fenced)].map(([, kind, name, , code]) => ({ kind, name, code }));
  const marked = readme.match(/^<!-- (?:file|run):/gm) ?? [];
  assert.equal(
    examples.length,
    marked.length,
    'README.md has a "file:" or "run:" comment without a code block behind it',
  );
  assert.ok(
    examples.some(({ kind }) => kind === 'run'),
    'README.md has no example to run: put <!-- run: example.mjs --> on the line before its code block',
  );
  return examples;
}

function writeExamples(examples, folder) {
  for (const { name, code } of examples) {
    const file = path.join(folder, name);
    assert.ok(
      file.startsWith(folder + path.sep),
      `README.md names a file outside of the example's folder: ${name}`,
    );
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, code);
  }
}

function runExample({ name }, { folder, node }) {
  const binFolders = [path.dirname(node), path.join(folder, 'node_modules', '.bin')];
  const env = { ...environment, PATH: [...binFolders, ...searchPath].join(path.delimiter) };
  if (name.endsWith('.sh')) return mustRun('bash', ['-e', '-o', 'pipefail', name], { cwd: folder, env });
  return mustRun(node, [name], { cwd: folder, env });
}

function compileConsumer(folder, examples) {
  const sources = examples.map(({ name }) => name).filter((name) => name.endsWith('.ts'));
  writeFileSync(
    path.join(folder, 'consumer.ts'),
    `import { PooledExecutor, createExecutor, type TransformContext as Context } from 'pooled-executor';\n` +
      `import { CapacityError, move, type Transform, type TransformContext } from 'pooled-executor/transform';\n` +
      `export const names: readonly unknown[] = [PooledExecutor, createExecutor, CapacityError, move];\n` +
      `export const same: Transform<number, Context> = (row: number, context: TransformContext): Context => context;\n`,
  );
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: false,
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules', '@types')],
  };
  writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['consumer.ts', ...sources] }, null, 2),
  );
  mustRun(repositoryBin('tsc'), ['-p', folder]);
}

function checkTransformExport(folder, node) {
  const program =
    `import * as all from 'pooled-executor'; import * as part from 'pooled-executor/transform';` +
    `import assert from 'node:assert/strict';` +
    `assert.ok('CapacityError' in part); for (const name in part) assert.equal(part[name], all[name]);`;
  mustRun(node, ['--input-type=module', '-e', program], { cwd: folder });
  const open = [path.join(folder, 'node_modules/pooled-executor/dist/src/transform.js')];
  for (const file of open) {
    for (const [, imported] of readFileSync(file, 'utf8').matchAll(/(?:from|import)[ (]*"([^"]+)"/g)) {
      assert.match(imported, /^\./, `${file} should load nothing else`);
      open.push(path.join(path.dirname(file), imported));
    }
  }
  assert.ok(open.length > 1, 'the modules of pooled-executor/transform are expected in a chunk');
}

function checkCommandLine(folder, { node }) {
  const env = { ...environment, PATH: [path.dirname(node), ...searchPath].join(path.delimiter) };
  const cli = (...args) => mustRun('npx', ['--no-install', 'pooled-executor', ...args], { cwd: folder, env });
  assert.equal(cli('--version').trim(), manifest.version);

  const numbers = Array.from({ length: 1_000 }, (_, index) => index);
  const toLines = (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  writeFileSync(path.join(folder, 'check-double.mjs'), 'export default ({ n }) => ({ n, double: 2 * n });\n');
  writeFileSync(path.join(folder, 'check-input.ndjson'), toLines(numbers.map((n) => ({ n }))));
  cli('run', './check-double.mjs', 'check-input.ndjson', '-o', 'check-output.ndjson', '--progress', 'none');
  assert.equal(
    readFileSync(path.join(folder, 'check-output.ndjson'), 'utf8'),
    toLines(numbers.map((n) => ({ n, double: 2 * n }))),
  );
}

function checkOldNode(folder, node) {
  const installedBin = path.join(folder, 'node_modules', 'pooled-executor', manifest.bin['pooled-executor']);
  const attempts = [
    ['the command line', [installedBin, '--version']],
    ['the library', ['--input-type=module', '-e', `import 'pooled-executor'; console.log('still running');`]],
  ];
  for (const [what, args] of attempts) {
    const { status, stdout, stderr } = run(node, args, { cwd: folder });
    const said = `${what} on an old Node: exit code ${status}, stdout ${JSON.stringify(stdout)}, stderr:\n${stderr}`;
    assert.ok(status !== 0 && status !== null, said);
    assert.equal(stdout, '', said);
    assert.match(stderr, /^[^\n]+\n?$/, `one line expected of ${said}`);
    assert.ok(stderr.includes(oldestNode.join('.')), `the Node version it needs is expected of ${said}`);
  }
}

function step(name, act) {
  const startedAt = performance.now();
  const result = act();
  console.log(`ok  ${name} (${((performance.now() - startedAt) / 1_000).toFixed(1)} s)`);
  return result;
}

const scratch = realpathSync(mkdtempSync(path.join(tmpdir(), 'pooled-executor-package-')));
try {
  const tarball = step('npm pack', () => {
    mustRun('npm', ['pack', '--pack-destination', scratch]);
    return path.join(
      scratch,
      readdirSync(scratch).find((name) => name.endsWith('.tgz')),
    );
  });
  step('publint', () => mustRun(repositoryBin('publint'), ['run', tarball, '--strict']));
  step('attw', () => mustRun(repositoryBin('attw'), [tarball, '--profile', 'esm-only']));

  const consumer = path.join(scratch, 'consumer');
  mkdirSync(consumer);
  writeFileSync(path.join(consumer, 'package.json'), '{ "private": true, "type": "module" }\n');
  step('npm install in an empty folder', () =>
    mustRun('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], { cwd: consumer }),
  );

  const examples = step('README.md: find the examples', () =>
    readExamples(readFileSync(path.join(root, 'README.md'), 'utf8').replaceAll('\r\n', '\n')),
  );
  writeExamples(examples, consumer);
  step('types, as a consumer sees them', () => compileConsumer(consumer, examples));

  const systemNode = findSystemNode();
  const nodes = [...new Set([process.execPath, systemNode].filter((node) => node !== undefined))];
  for (const node of nodes) {
    const version = nodeVersion(node);
    const onNode = `on Node ${version.join('.')}`;
    if (!isSupported(version)) {
      step(`one clear line ${onNode}`, () => checkOldNode(consumer, node));
      continue;
    }
    for (const example of examples.filter(({ kind }) => kind === 'run')) {
      if (example.name.endsWith('.ts') && !stripsTypes(version)) continue;
      step(`README.md: ${example.name} ${onNode}`, () => runExample(example, { folder: consumer, node }));
    }
    step(`pooled-executor/transform ${onNode}`, () => checkTransformExport(consumer, node));
    step(`command line ${onNode}`, () => checkCommandLine(consumer, { node }));
  }
  console.log('The package is fit to publish.');
} catch (error) {
  console.error(`not ok  ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
