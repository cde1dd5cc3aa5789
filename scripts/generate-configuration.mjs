// Makes repmgr.conf.sample, and the reference part of docs/configuration.md, from the parameter table.
// Run by scripts/generate.mjs; alone: node scripts/generate-configuration.mjs [--check]
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const begin = '<!-- The part from here on is generated from src/config/parameters: npm run generate -->';
const kindsInWords = {
  text: 'text',
  path: 'path',
  command: 'command line, run by `/bin/sh -c`',
  conninfo: 'connection string',
  address: 'HOST:PORT',
  'apply-delay': 'integer with an optional unit',
  integer: 'integer',
  boolean: 'on or off',
  choice: 'one word',
  list: 'list separated by commas',
  mapping: 'OLD=NEW, several lines',
  duration: 'time in seconds, or with a unit',
  size: 'size in bytes, or with a unit',
};

/** The generated files: path below the root of the project, and text. */
export async function generateConfiguration() {
  const groups = await loadParameterGroups();
  const page = readFileSync(`${root}docs/configuration.md`, 'utf8');
  const prose = page.split(begin)[0];
  return new Map([
    ['repmgr.conf.sample', sampleOf(groups)],
    ['docs/configuration.md', `${prose}${begin}\n\n${referenceOf(groups)}`],
  ]);
}

async function loadParameterGroups() {
  const bundle = await build({
    absWorkingDir: root,
    entryPoints: ['src/config/parameters.ts'],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
  });
  const source = Buffer.from(bundle.outputFiles[0].text).toString('base64');
  const { parameterGroups } = await import(`data:text/javascript;base64,${source}`);
  return parameterGroups;
}

function referenceOf(groups) {
  return groups
    .map(({ title, parameters }) => `## ${title}\n\n${parameters.map(entryOf).join('\n')}`)
    .join('\n');
}

function entryOf(parameter) {
  const facts = [
    kindsInWords[parameter.kind] + choicesOf(parameter),
    parameter.isRequired ? '**required**' : `default: ${defaultOf(parameter)}`,
    rangeOf(parameter),
    `read by ${parameter.readBy.join(' and ')}`,
    notYetOf(parameter),
    parameter.isReloadable ? 'SIGHUP is enough' : undefined,
    parameter.spellings ? `also spelt ${parameter.spellings.map(code).join(', ')}` : undefined,
    parameter.since === 'new' ? 'not in repmgr 3 to 5' : `since repmgr ${parameter.since}`,
  ].filter((fact) => fact !== undefined);
  const example = parameter.example ? `\n\n    ${assignment(parameter, parameter.example)}` : '';
  return `### \`${parameter.name}\`\n\n${parameter.help}\n\n*${facts.join('; ')}.*${example}\n`;
}

function choicesOf({ choices }) {
  return choices ? ` of ${choices.map(code).join(', ')}` : '';
}

function defaultOf(parameter) {
  if (parameter.defaultInWords) return parameter.defaultInWords;
  return parameter.default ? code(parameter.default) : 'none';
}

function rangeOf({ minimum, maximum, isNeverAllowed }) {
  const from = minimum === undefined || minimum < -1_000_000 ? undefined : `at least ${minimum}`;
  const to = maximum === undefined ? undefined : `at most ${maximum}`;
  const range = [from, to].filter((bound) => bound !== undefined).join(', ');
  if (isNeverAllowed) return range === '' ? 'or -1' : `${range}, or -1`;
  return range === '' ? undefined : range;
}

function notYetOf({ notYetIn }) {
  return notYetIn ? `not yet acted on by ${notYetIn.join(' and ')}` : undefined;
}

function code(text) {
  return `\`${text}\``;
}

function assignment({ kind, name }, value) {
  const isBare = ['integer', 'boolean', 'duration', 'size', 'choice'].includes(kind);
  const quoted = value.replaceAll('\\', '\\\\').replaceAll("'", "''");
  return `${name} = ${isBare ? value : `'${quoted}'`}`;
}

function sampleOf(groups) {
  const head = [
    '# repmgr.conf: a template with every parameter. What is commented out shows the default or an example.',
    '# Syntax and meaning: docs/configuration.md. To check a file: repmgrd --check-config -f FILE',
  ];
  const parts = groups.map(({ title, parameters }) => {
    const rule = '#'.repeat(100);
    return [`${rule}\n# ${title}\n${rule}`, ...parameters.map(sampleEntryOf)].join('\n\n');
  });
  return `${[head.join('\n'), ...parts].join('\n\n')}\n`;
}

function sampleEntryOf(parameter) {
  const isSet = parameter.isRequired || parameter.name === 'node_name';
  const label = parameter.example && !isSet ? 'Example; default' : 'Default';
  const facts = parameter.isRequired ? 'Required.' : `${label}: ${defaultOf(parameter).replaceAll('`', '')}.`;
  const shown = assignment(parameter, parameter.example ?? parameter.default ?? '');
  return `${wrap(`${parameter.help.replaceAll('`', '')} ${facts}`)}\n${isSet ? '' : '#'}${shown}`;
}

function wrap(text) {
  const lines = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 97) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => `# ${line}`).join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stale = [];
  for (const [path, text] of await generateConfiguration()) {
    if (readIfPresent(`${root}${path}`) === text) continue;
    stale.push(path);
    if (!process.argv.includes('--check')) writeFileSync(`${root}${path}`, text);
  }
  if (process.argv.includes('--check') && stale.length > 0) {
    console.error(`not up to date: ${stale.join(', ')}; run: npm run generate`);
    process.exitCode = 1;
  }
}

function readIfPresent(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
