import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { programFolder } from '../support/unprivileged.ts';

describe.each(['repmgr', 'repmgrd'] as const)('%s', (program) => {
  it('comes with a code cache that this Node accepts', async () => {
    const { directory } = await programFolder();
    const beside = join(directory, 'dist', program);
    const source = await readFile(`${beside}.cjs`, 'latin1');
    const cachedData = await readFile(`${beside}.cache`);
    expect(new Script(source, { cachedData }).cachedDataRejected).toBe(false);
    expect(source).not.toMatch(/[^\0-\x7f]/);
  });

  it('starts all the same without the cache, with half of it, and with anything else in its place', async () => {
    const folder = await programFolder();
    const cache = join(folder.directory, 'dist', `${program}.cache`);
    const whole = await readFile(cache);
    for (const content of [
      whole.subarray(0, whole.length / 2),
      Buffer.from('not a cache'),
      Buffer.alloc(0),
    ]) {
      await writeFile(cache, content);
      const result = await folder.run(program, ['--version']);
      expect(result).toMatchObject({ exitCode: 0, stderr: '' });
      expect(result.stdout).toContain(`${program} `);
    }
    await rm(cache);
    expect(await folder.run(program, ['--version'])).toMatchObject({ exitCode: 0, stderr: '' });
  });
});
