import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removePidFile, writePidFile } from '../../src/system/pid-file.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repmgr-pid-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe('a PID file', () => {
  it('holds the number alone, and goes with the program', async () => {
    const path = join(directory, 'pid');
    await writePidFile(path, 'repmgrd');
    expect(await readFile(path, 'utf8')).toBe(String(process.pid));
    await removePidFile(path);
    await expect(readFile(path)).rejects.toThrow('ENOENT');
  });

  it('of a program that was killed, or of a number that another program has now, is written anew', async () => {
    const path = join(directory, 'pid');
    for (const left of ['', 'nonsense', '4194304', String(process.ppid)]) {
      await writeFile(path, left);
      await writePidFile(path, 'repmgrd');
      expect(await readFile(path, 'utf8')).toBe(String(process.pid));
    }
  });

  it('that names a living process of the program is left alone', async () => {
    const path = join(directory, 'pid');
    await writeFile(path, String(process.ppid));
    const name =
      (await readFile(`/proc/${process.ppid}/cmdline`, 'utf8')).split('\0')[0]?.split('/').at(-1) ?? '';
    await expect(writePidFile(path, name)).rejects.toMatchObject({
      code: 'pid_file_unusable',
      detail: `Process ${process.ppid} is alive.`,
    });
    await removePidFile(path);
    expect(await readFile(path, 'utf8')).toBe(String(process.ppid));
  });

  it('that cannot be written is an error with a hint', async () => {
    await expect(writePidFile(join(directory, 'no', 'pid'), 'repmgrd')).rejects.toMatchObject({
      code: 'pid_file_unusable',
      hint: expect.stringContaining('-p FILE'),
    });
  });
});
