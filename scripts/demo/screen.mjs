// How the demo looks: chapters, sentences, commands with what they print; one empty line between them.
import colours from 'picocolors';

let chapters = 0;
let endsWithGap = false;

export function title(text) {
  gap();
  print(colours.bold(text));
}

export function chapter(text) {
  chapters += 1;
  gap();
  print(colours.bold(colours.cyan(`${chapters}. ${text}`)));
  gap();
}

export function say(text) {
  print(`   ${text}`);
}

export function good(text) {
  print(`   ${colours.green('ok')}  ${colours.bold(text)}`);
}

export function bad(text) {
  print(`   ${colours.red('!!')}  ${colours.bold(text)}`);
}

export function step(text) {
  print(colours.dim(`   ... ${text}`));
}

/** A command line, and below it what it wrote. */
export function command(line, output) {
  gap();
  print(`   ${colours.bold(`$ ${line}`)}`);
  for (const text of output.trimEnd().split('\n')) print(`     ${tinted(text)}`);
  gap();
}

export function gap() {
  if (!endsWithGap) console.log();
  endsWithGap = true;
}

function print(line) {
  console.log(line);
  endsWithGap = false;
}

function tinted(line) {
  if (line.includes('FAILED')) return colours.red(line);
  if (line.startsWith('* master')) return colours.green(line);
  if (/^(WARNING|ERROR):/.test(line)) return colours.yellow(line);
  return /^(HINT|DETAIL|NOTICE):/.test(line) ? colours.dim(line) : line;
}
