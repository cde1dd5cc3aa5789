// npm run demo: a primary dies, a standby takes over, and every acknowledged row is still there. On real servers, which
// are gone afterwards. Needs Node and npm; installs and builds what a fresh clone lacks.
// npm run demo -- [--postgres-version 10..18]
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
// Node reads the file that this names at each start, which takes longer than most commands here.
delete process.env['NODE_EXTRA_CA_CERTS'];

if (!existsSync(`${root}node_modules/esbuild`)) {
  prepare('npm ci, once', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}
if (!isBuilt()) prepare('npm run build', process.execPath, ['scripts/build.mjs']);

const { tellStory } = await import('./demo/story.mjs');
process.exitCode = await tellStory(process.argv.slice(2));

/** Whether dist/ is younger than every source file. */
function isBuilt() {
  const builtMs = existsSync(`${root}dist/repmgrd.js`) ? statSync(`${root}dist/repmgrd.js`).mtimeMs : 0;
  return readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' }).every(
    (path) => statSync(`${root}src/${path}`).mtimeMs <= builtMs,
  );
}

function prepare(about, file, args) {
  console.log(`Preparing this checkout: ${about}`);
  const { status, error } = spawnSync(file, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return;
  const reason = error?.message ?? (status === null ? 'it was interrupted' : `exit code ${status}`);
  console.error(`ERROR: the checkout could not be prepared: ${about}\nDETAIL: ${reason}.`);
  console.error('HINT: Run the same by hand in the checkout, and correct what it complains about.');
  process.exit(status === null ? 130 : 1);
}
