// Bundles the two programs, a thread of theirs and the sandbox library into dist/, and writes the types of the library.
import { execFile, execFileSync } from 'node:child_process';
import {
  copyFileSync,
  chmodSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { startPracticeServer } from './practice-server.mjs';
import { thirdPartyNotices } from './third-party.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

const common = {
  metafile: true,
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: ['pg-native', 'pg-cloudflare'],
  define: { 'process.env.REPMGR_VERSION': JSON.stringify(version) },
  legalComments: 'none',
  logLevel: 'warning',
};

const library = await build({
  ...common,
  entryPoints: ['src/sandbox/index.ts'],
  outfile: 'dist/sandbox.mjs',
  format: 'esm',
  // The bundled CommonJS packages call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
// What loads the programs is CommonJS, since Node takes longer to get ready for an ES module than to run it.
writeFileSync(`${root}dist/package.json`, '{ "type": "commonjs" }\n');
const programs = [await buildProgram('repmgr'), await buildProgram('repmgrd')];
const thread = await build({
  ...common,
  entryPoints: ['src/postgres/backup/checksum-program.ts'],
  outfile: 'dist/checksums.cjs',
  format: 'cjs',
  minifySyntax: true,
  minifyWhitespace: true,
});
const metafiles = [library, thread, ...programs].map(({ metafile }) => metafile);
writeFileSync(`${root}dist/THIRD-PARTY.txt`, thirdPartyNotices(root, metafiles));
if (!process.argv.includes('--without-types')) {
  execFileSync(`${root}node_modules/.bin/tsc`, ['--project', 'tsconfig.types.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  writeFileSync(`${root}dist/types/package.json`, '{ "type": "module" }\n');
}

/** One function expression, which the loader compiles with V8's code cache: see program-loader.cjs. */
async function buildProgram(name) {
  const beside = `${root}dist/${name}`;
  const result = await build({
    ...common,
    entryPoints: [`src/${name}.ts`],
    outfile: `dist/${name}.new`,
    format: 'cjs',
    // A script that the loader compiles cannot import(); Node's own modules are required instead.
    supported: { 'dynamic-import': false },
    minifySyntax: true,
    minifyWhitespace: true,
    define: { ...common.define, 'import.meta.url': '__moduleUrl' },
    banner: {
      js: `(function (require, __filename) {const __moduleUrl = require('node:url').pathToFileURL(__filename).href;`,
    },
    footer: { js: '})' },
  });
  // V8 knows a cache by the length of the source alone: one of an earlier build must never meet this one.
  rmSync(`${beside}.cache`, { force: true });
  renameSync(`${beside}.new`, `${beside}.cjs`);
  await writeCodeCache(beside);
  copyFileSync(`${root}scripts/program-loader.cjs`, `${beside}.js`);
  chmodSync(`${beside}.js`, 0o755);
  return result;
}

/** Of what runs until the state of a cluster is shown: most of what any call runs. */
async function writeCodeCache(beside) {
  const directory = mkdtempSync(`${tmpdir()}/repmgr-build-`);
  const server = await startPracticeServer();
  try {
    const file = `${directory}/repmgr.conf`;
    const conninfo = `host=127.0.0.1 port=${server.port} user=repmgr dbname=repmgr`;
    writeFileSync(file, `cluster=build\nnode=1\nnode_name=node1\nconninfo='${conninfo}'\n`);
    const call = beside.endsWith('repmgrd') ? ['--check-config'] : ['cluster', 'show'];
    const maker = [`${root}scripts/code-cache.cjs`, `${beside}.cjs`, `${beside}.cache.new`];
    // Without the environment: PGSSLMODE and the like are not for this server.
    const alone = { env: {}, timeout: 30_000 };
    await promisify(execFile)(process.execPath, [...maker, '-f', file, ...call], alone);
    renameSync(`${beside}.cache.new`, `${beside}.cache`);
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
}
