// Makes the files that follow from the tables of the source: npm run generate; --check only says what is stale.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { generateConfiguration } from './generate-configuration.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** All generated files: path below the root of the project, and text. */
async function generateAll() {
  const tables = await loadTables();
  return new Map([
    ...(await generateConfiguration()),
    ['docs/commands.md', commandsPage(tables)],
    ['docs/errors.md', errorsPage(tables)],
    ['docs/exit-codes.md', exitCodesPage(tables)],
    ['docs/internals/failover.md', failoverPage(tables)],
  ]);
}

async function loadTables() {
  const bundle = await build({
    absWorkingDir: root,
    stdin: {
      contents: `export { errorCatalogue, exitCodes } from './src/errors.ts';
        export { commandTable, commandsOfLaterVersions } from './src/commands/table.ts';
        export { optionKeys, optionOf } from './src/commands/options.ts';
        export { optionUsage, usageName } from './src/commands/usage.ts';
        export { mutantsTable } from './test/simulation/mutants/table.ts';`,
      resolveDir: root,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    plugins: [{ name: 'commands-are-not-loaded', setup: leaveCommandsOut }],
  });
  const source = Buffer.from(bundle.outputFiles[0].text).toString('base64');
  return await import(`data:text/javascript;base64,${source}`);
}

function leaveCommandsOut(plugin) {
  plugin.onResolve({ filter: /^\./ }, ({ kind, path }) =>
    kind === 'dynamic-import' ? { path, external: true } : undefined,
  );
}

const generated = '<!-- Generated from the source: npm run generate -->';

function commandsPage(tables) {
  const { commandTable, optionKeys, optionOf, optionUsage } = tables;
  const common = optionKeys.filter((key) => ['general', 'logging'].includes(optionOf(key).group));
  const laterOptions = [...new Set(commandTable.flatMap(({ options }) => options))]
    .filter((key) => optionOf(key).isNotBuiltYet)
    .map((key) => `\`${optionUsage(key).trim()}\``)
    .join(', ');
  const later = tables.commandsOfLaterVersions.map(({ noun, verb }) => `\`${noun} ${verb}\``).join(', ');
  return [
    '# Commands',
    generated,
    '`repmgr [OPTIONS] NOUN VERB [NODE]`. Nouns and verbs may be written in capitals, `master` for `primary`. Options may stand anywhere; `--` ends them. A long name may be shortened as long as it is unambiguous, letters may be bundled (`-Fv`). A value that is optional needs `=`: `--wait-sync=60`. An option given twice: the last wins.',
    '## Options of every command',
    optionRows(common, tables),
    ...commandTable.map((command) => commandPart(command, tables)),
    '## Options without effect',
    'These are accepted, so that old scripts go on to work, and a WARNING says that nothing comes of them.',
    optionRows(
      optionKeys.filter((key) => optionOf(key).isWithoutEffect),
      tables,
    ),
    '## Not in this version',
    `These commands of repmgr 3 to 5 are known and end with an error: ${later}. So do their options${laterOptions === '' ? '' : `, and these: ${laterOptions}`}.`,
  ]
    .join('\n\n')
    .concat('\n');
}

function commandPart(command, tables) {
  const { optionOf, usageName } = tables;
  const own = command.options.filter((key) => !optionOf(key).isNotBuiltYet);
  const examples = command.examples.map(({ line, about }) => `    # ${about}\n    ${line}`).join('\n');
  return [
    `## \`${usageName(command)}\``,
    command.description,
    ...(own.length > 0 ? [optionRows(own, tables, command.letters)] : []),
    examples,
  ].join('\n\n');
}

function optionRows(keys, { optionOf, optionUsage }, letters = {}) {
  const rows = keys.map((key) => {
    const also = (optionOf(key).also ?? []).map((name) => `\`--${name}\``).join(', ');
    const usage = optionUsage(key, letters).trim().replaceAll('|', '\\|');
    return `| \`${usage}\` | ${optionOf(key).about}${also ? `; also ${also}` : ''} |`;
  });
  return ['| option | meaning |', '| --- | --- |', ...rows].join('\n');
}

function errorsPage({ errorCatalogue, exitCodes }) {
  const rows = Object.entries(errorCatalogue)
    .toSorted(([left], [right]) => left.localeCompare(right))
    .map(([code, { exit, about }]) => `| \`${code}\` | ${exitCodes[exit]} | ${about} |`);
  return [
    '# Errors',
    generated,
    'Every error says what happened (ERROR), what was found (DETAIL) and what to do next (HINT). The exit code is the usual one; some commands use another for the same error, as repmgr 3 does.',
    ['| error | exit code | meaning |', '| --- | --- | --- |', ...rows].join('\n'),
  ]
    .join('\n\n')
    .concat('\n');
}

function exitCodesPage({ errorCatalogue, exitCodes }) {
  const rows = Object.entries(exitCodes).map(([name, code]) => {
    const errors = Object.entries(errorCatalogue)
      .filter(([, { exit }]) => exit === name)
      .map(([error]) => `\`${error}\``);
    return `| ${code} | ${inWords(name)} | ${errors.join(', ')} |`;
  });
  return [
    '# Exit codes',
    generated,
    'The numbers are those of repmgr 3 and 5; 8, 10 and 16 are never returned. What the errors mean: [errors.md](errors.md).',
    ['| code | meaning | errors |', '| --- | --- | --- |', ...rows].join('\n'),
  ]
    .join('\n\n')
    .concat('\n');
}

/** All of it is written by hand but the table that follows the sign. */
function failoverPage({ mutantsTable }) {
  const page = readFileSync(`${root}docs/internals/failover.md`, 'utf8');
  const [before = '', after = ''] = page.split(
    /(?<=<!-- Generated from the source: npm run generate -->\n\n)(?:\|[^\n]*\n)*/,
  );
  return `${before}${mutantsTable()}\n${after}`;
}

function inWords(name) {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

const isCheck = process.argv.includes('--check');
const stale = [];
for (const [path, text] of await generateAll()) {
  const file = `${root}${path}`;
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  stale.push(path);
  if (!isCheck) writeFileSync(file, text);
}
if (stale.length > 0) console.log(`${isCheck ? 'not up to date' : 'written'}: ${stale.join(', ')}`);
if (isCheck && stale.length > 0) process.exitCode = 1;
