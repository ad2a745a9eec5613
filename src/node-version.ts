/**
 * Imported before anything else (in the built library, most of which is one file, behind that): ends the process with one clear line on a Node.js that is too old, instead of a stack
 * trace from wherever it fails first. Written so that very old versions can parse it too; imports nothing.
 */
const OLDEST = '22.13';

const [oldestMajor = 0, oldestMinor = 0] = OLDEST.split('.').map(Number);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
  process.stderr.write(
    'pooled-executor needs Node.js ' + OLDEST + ' or newer: this is ' + process.versions.node + '\n',
  );
  process.exit(1);
}
