import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { UsageError } from '../../src/cli/exit.ts';
import { checkLinks } from '../../src/cli/link-check.ts';
import { test } from '../helpers/cli.ts';

describe('checkLinks', () => {
  test('files, links to files, and files that are yet to come are all right', ({ folder }) => {
    folder.write('file', '');
    mkdirSync(join(folder.path, 'here'));
    mkdirSync(join(folder.path, 'here/below'));
    folder.link('file', 'to-file');
    folder.link('here/new', 'to-new');
    folder.link('to-new', 'to-link');
    folder.link('here/below', 'to-folder');
    folder.link('../new', 'here/below/up'); // of a folder that is reached by a link
    for (const name of [
      'file',
      'none',
      'no/none',
      'to-file',
      'to-new',
      'to-link',
      'to-folder/up',
      'file/none',
    ])
      expect(() => {
        checkLinks(join(folder.path, name));
      }).not.toThrow();
  });

  test.for<[links: Record<string, string>, message: string]>([
    [{ x: 'x' }, 'ELOOP'],
    [
      { x: 'no/y' },
      "it is a link to <folder>/no/y, and the folder <folder>/no doesn't exist: create it first",
    ],
    [{ x: 'y', y: 'no/z' }, "it is a link to <folder>/no/z, and the folder <folder>/no doesn't exist"],
  ])('%j: %s', ([links, message], { folder }) => {
    for (const [name, to] of Object.entries(links)) folder.link(to, name);
    const file = join(folder.path, 'x');
    const check = () => {
      checkLinks(file);
    };
    expect(check).toThrow(UsageError);
    expect(check).toThrow(`Cannot write ${file}: ${message.replaceAll('<folder>', folder.path)}`);
  });

  test('a name that is too long', ({ folder }) => {
    expect(() => {
      checkLinks(join(folder.path, 'x'.repeat(300)));
    }).toThrow(/^Cannot write .*: ENAMETOOLONG/);
  });
});
