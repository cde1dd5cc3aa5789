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

/**
 * @param {string} folder
 * @param {readonly { file: string, from: string, to: string }[]} changes
 * @param {readonly string[]} args
 */
async function run(folder, changes, args) {
  const outfile = join(folder, 'command.mjs');
  await bundle('test/simulation/command.ts', outfile, changes);
  return (
    spawnSync(process.execPath, ['--enable-source-maps', outfile, ...args], { stdio: 'inherit' }).status ?? 2
  );
}

const args = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'repmgr-simulation-'));
try {
  const at = args.indexOf('--mutant');
  if (at === -1) {
    process.exitCode = await run(folder, [], args);
  } else {
    await bundle('test/simulation/mutants/all.ts', join(folder, 'mutants.mjs'), []);
    /** @type {{ mutants: readonly { name: string, changes: readonly { file: string, from: string, to: string }[] }[] }} */
    const { mutants } = await import(join(folder, 'mutants.mjs'));
    const wanted = args[at + 1];
    const chosen = wanted === 'all' ? mutants : mutants.filter(({ name }) => name === wanted);
    if (chosen.length === 0) throw new Error(`no mutant is called "${wanted}"`);
    const others = args.toSpliced(at, 2);
    for (const { name, changes } of chosen) {
      const status = await run(folder, changes, [...others, '--mutant', name]).catch((error) => {
        console.log(`STALE: "${name}": ${error.errors?.[0]?.text ?? error.message}`);
        return 2;
      });
      process.exitCode ||= status;
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
