// Bundles the simulation, with the rule that a mutant breaks if one is named, and runs it: npm run sim -- --help
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Replaces the text that each change names; a text that is not there exactly once is an error, since a mutant that
 * changes nothing proves nothing.
 * @param {readonly { file: string, from: string, to: string }[]} changes
 * @returns {import('esbuild').Plugin}
 */
function breaking(changes) {
  return {
    name: 'mutant',
    setup(building) {
      building.onLoad({ filter: /src\/failover\/|test\/simulation\// }, ({ path }) => {
        const own = changes.filter(({ file }) => join(root, file) === path);
        if (own.length === 0) return undefined;
        let contents = readFileSync(path, 'utf8');
        for (const { file, from, to } of own) {
          const parts = contents.split(from);
          if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${from}`);
          contents = parts.join(to);
        }
        return { contents, loader: 'ts' };
      });
    },
  };
}

/**
 * @param {string} entry
 * @param {string} outfile
 * @param {readonly { file: string, from: string, to: string }[]} changes
 */
async function bundle(entry, outfile, changes) {
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'inline',
    logLevel: 'error',
    plugins: [breaking(changes)],
  });
}

const args = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'repmgr-simulation-'));
try {
  const wanted = args.includes('--mutant') ? args[args.indexOf('--mutant') + 1] : undefined;
  /** @type {readonly { file: string, from: string, to: string }[]} */
  let changes = [];
  if (wanted !== undefined) {
    await bundle('test/simulation/mutants/all.ts', join(folder, 'mutants.mjs'), []);
    const { mutants } = await import(join(folder, 'mutants.mjs'));
    const mutant = mutants.find((/** @type {{ name: string }} */ { name }) => name === wanted);
    if (mutant === undefined) throw new Error(`no mutant is called "${wanted}"`);
    changes = mutant.changes;
  }
  await bundle('test/simulation/command.ts', join(folder, 'command.mjs'), changes);
  const { status } = spawnSync(
    process.execPath,
    ['--enable-source-maps', join(folder, 'command.mjs'), ...args],
    {
      stdio: 'inherit',
    },
  );
  process.exitCode = status ?? 2;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
