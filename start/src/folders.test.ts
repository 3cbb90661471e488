import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fillDisk } from '@topicast/test/ballast';
import { smallDisk, smallDiskUnavailable } from '@topicast/test/small-disk';
import { temporaryFolder } from '@topicast/test/temporary';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { checkMediaFolders, prepareDataFolder } from './folders.js';

const noDisk = smallDiskUnavailable();

describe('the data folder', () => {
  it('is made with all above it', async () => {
    using folder = temporaryFolder();
    const wanted = path.join(folder.path, 'a/b/c');
    await prepareDataFolder(wanted);
    await prepareDataFolder(wanted);
    writeFileSync(path.join(wanted, 'x'), '');
  });

  it.each([
    ['/etc/hostname/x', 'a part of the path is a file'],
    ['/etc/hostname', 'it is a file'],
    ['/proc/x', 'no folder can be created there'],
    ['/proc/x/y/z', 'no folder can be created there'],
    [`/tmp/${'n'.repeat(300)}`, 'the path is too long'],
  ])('%s is refused in one line that names the variable', async (folder, why) => {
    const refusal = prepareDataFolder(folder);
    await expect(refusal).rejects.toThrow(
      /^TOPICAST_DATA_DIR: .*; set it to a folder that this user can write to$/,
    );
    await expect(refusal).rejects.toThrow(why);
  });

  it.skipIf(noDisk)(
    `on a read-only or a full disk is told${noDisk ? ` SKIPPED: ${noDisk}` : ''}`,
    async () => {
      using disk = smallDisk(1);
      const known = path.join(disk.path, 'known');
      await prepareDataFolder(known);
      fillDisk(path.join(disk.path, 'ballast'));
      await prepareDataFolder(known);
      execFileSync('mount', ['-o', 'remount,ro', disk.path]);
      await expect(prepareDataFolder(known)).rejects.toThrow(/EROFS: its disk is read-only/);
      await expect(prepareDataFolder(path.join(disk.path, 'new'))).rejects.toThrow(/EROFS/);
    },
  );
});

describe('media folders', () => {
  it('get a warning each if they cannot be used', async () => {
    using folder = temporaryFolder();
    const file = path.join(folder.path, 'film.mp4');
    const films = path.join(folder.path, 'films');
    writeFileSync(file, '');
    mkdirSync(films);
    const lines: string[] = [];
    const logger = pino(
      {},
      { write: (line: string) => lines.push((JSON.parse(line) as { msg: string }).msg) },
    );
    await checkMediaFolders([films, path.join(folder.path, 'gone'), file], logger);
    expect(lines).toEqual([
      expect.stringMatching(/^TOPICAST_MEDIA_DIRS: .*gone does not exist/),
      expect.stringMatching(/film\.mp4 is not a folder/),
    ]);
  });
});
