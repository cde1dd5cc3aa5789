// Everything that must hold besides the tests: types, lint, format, unused code, import table, generated files.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const checks = [
  { name: 'types', program: 'tsc', args: ['--noEmit', '--project', '.'] },
  { name: 'lint', program: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  { name: 'format', program: 'biome', args: ['format', '.'] },
  { name: 'unused code', program: 'knip', args: [] },
  { name: 'rules of the house', program: 'vitest', args: ['run', '--project', 'unit', 'test/tidy'] },
];

/** @type {string[]} */
const failed = [];
for (const { name, program, args } of checks) {
  const { status, error } = spawnSync(`${root}node_modules/.bin/${program}`, args, {
    cwd: root,
    stdio: 'inherit',
  });
  if (error) console.error(`${program}: ${error.message}`);
  console.log(`${status === 0 ? 'ok' : 'FAILED'}: ${name}`);
  if (status !== 0) failed.push(name);
}
console.log(
  `${checks.length - failed.length} passed, ${failed.length} failed${failed.length > 0 ? `: ${failed.join(', ')}` : ''}`,
);
process.exitCode = failed.length > 0 ? 1 : 0;
