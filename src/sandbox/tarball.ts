/** Unpacks what `npm pack` fetched. */
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';

/**
 * Writes the files below `package/` of a gzipped tar file into `directory`, readable (and executable where they are
 * programs) by everybody, whatever the umask is.
 * @throws Error on a damaged file, or one with a path that leads out of the directory
 */
export async function unpackTarball(
  tarball: string,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const entries = extract();
  const reading = pipeline(createReadStream(tarball), createGunzip(), entries, { signal });
  const made = new Set<string>();
  const makeDirectory = async (path: string): Promise<void> => {
    if (made.has(path)) return;
    if (path !== directory) await makeDirectory(dirname(path));
    await mkdir(path, { recursive: true });
    await chmod(path, 0o755);
    made.add(path);
  };
  const writing = (async () => {
    for await (const entry of entries) {
      const path = join(directory, relative('package', entry.header.name));
      if (relative(directory, path).startsWith('..')) {
        throw new Error(`${entry.header.name} leads out of the package`);
      }
      if (entry.header.type !== 'file') {
        entry.resume();
        continue;
      }
      await makeDirectory(dirname(path));
      await pipeline(entry, createWriteStream(path));
      await chmod(path, ((entry.header.mode ?? 0) & 0o100) === 0 ? 0o644 : 0o755);
    }
  })();
  await Promise.all([reading, writing]);
}
