// Runs all tests: first those that need nothing, then those that run the built programs and real servers.
// What stands behind it goes to vitest: npm test -- test/config
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'repmgr-tests-'));
const report = join(directory, 'report.json');
const detailReporter = `--reporter=${join(root, 'scripts/detail-reporter.mjs')}`;
try {
  const { status } = spawnSync(
    join(root, 'node_modules/.bin/vitest'),
    [
      'run',
      '--reporter=default',
      detailReporter,
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...process.argv.slice(2),
    ],
    { cwd: root, stdio: 'inherit' },
  );
  process.exitCode = status ?? 1;
  const { passed, failed, skipped } = readReport();
  const shown = skipped.slice(0, 20);
  for (const name of shown) console.log(`skipped: ${name}`);
  if (skipped.length > shown.length) console.log(`skipped: ${skipped.length - shown.length} more`);
  console.log(`${passed} passed, ${failed} failed`);
} finally {
  rmSync(directory, { recursive: true });
}

/** A file that could not be run at all counts as one failed test. */
function readReport() {
  const files = readFiles();
  const tests = files.flatMap(({ name, assertionResults }) =>
    assertionResults.map((test) => ({ ...test, name: `${relative(root, name)}: ${test.fullName}` })),
  );
  const withStatus = (...wanted) => tests.filter(({ status }) => wanted.includes(status));
  const broken = files.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: withStatus('passed').length,
    failed: withStatus('failed').length + broken.length,
    skipped: withStatus('skipped', 'pending', 'todo').map(({ name }) => name),
  };
}

/** What vitest told of each file; nothing where it did not come to an end. */
function readFiles() {
  try {
    return JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch {
    return [];
  }
}
