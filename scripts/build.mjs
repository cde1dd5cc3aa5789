// Bundles the two programs and the sandbox library into dist/, and writes the types of the library.
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

rmSync(`${root}dist`, { recursive: true, force: true });
await build({
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
  legalComments: 'linked',
  logLevel: 'warning',
});
for (const program of ['repmgr', 'repmgrd']) chmodSync(`${root}dist/${program}.js`, 0o755);
if (!process.argv.includes('--without-types') && existsSync(`${root}src/sandbox/index.ts`)) {
  execFileSync(`${root}node_modules/.bin/tsc`, ['--project', 'tsconfig.types.json'], {
    cwd: root,
    stdio: 'inherit',
  });
}
