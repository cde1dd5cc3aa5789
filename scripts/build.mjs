// Bundles the two programs and the sandbox library into dist/, and writes the types of the library.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { thirdPartyNotices } from './third-party.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

const { metafile } = await build({
  metafile: true,
  absWorkingDir: root,
  entryPoints: {
    repmgr: 'src/repmgr.ts',
    repmgrd: 'src/repmgrd.ts',
    ...(existsSync(`${root}src/sandbox/index.ts`) ? { sandbox: 'src/sandbox/index.ts' } : {}),
  },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  external: ['pg-native', 'pg-cloudflare'],
  define: { 'process.env.REPMGR_VERSION': JSON.stringify(version) },
  // The bundled CommonJS packages call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  legalComments: 'none',
  logLevel: 'warning',
});
writeFileSync(`${root}dist/THIRD-PARTY.txt`, thirdPartyNotices(root, metafile));
// The new build stands beside the old one until here, so a program that runs meanwhile finds its parts.
for (const name of readdirSync(`${root}dist/chunks`)) {
  if (!(`dist/chunks/${name}` in metafile.outputs)) rmSync(`${root}dist/chunks/${name}`);
}
for (const program of ['repmgr', 'repmgrd']) chmodSync(`${root}dist/${program}.js`, 0o755);
if (!process.argv.includes('--without-types') && existsSync(`${root}src/sandbox/index.ts`)) {
  execFileSync(`${root}node_modules/.bin/tsc`, ['--project', 'tsconfig.types.json'], {
    cwd: root,
    stdio: 'inherit',
  });
}
