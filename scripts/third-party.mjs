// The licences of what is bundled into dist/: their authors ask that the text goes with every copy.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/**
 * @param {string} root the root of the project, with a slash at its end
 * @param {import('esbuild').Metafile[]} metafiles of all builds
 * @returns {string} the text of dist/THIRD-PARTY.txt
 */
export function thirdPartyNotices(root, metafiles) {
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const names = inputs.flatMap((input) => {
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    return name === undefined ? [] : [name];
  });
  const parts = [...new Set(names)].toSorted().map((name) => {
    const directory = `${root}node_modules/${name}`;
    const { version, license } = JSON.parse(readFileSync(`${directory}/package.json`, 'utf8'));
    return `${name} ${version} (${license})\n\n${licenceText(directory)}`;
  });
  return `dist/ contains these packages.\n\n${parts.join(`\n${'-'.repeat(72)}\n\n`)}`;
}

function licenceText(directory) {
  const file = readdirSync(directory).find((name) => /^licen[cs]e/i.test(name));
  if (file !== undefined) return readFileSync(`${directory}/${file}`, 'utf8');
  const readme = `${directory}/README.md`;
  const section = existsSync(readme) ? /^#+\s*licen[cs]e[\s\S]*/im.exec(readFileSync(readme, 'utf8')) : null;
  return section?.[0] ?? 'The package has no text of its licence.\n';
}
