/** Certificates for tests, made by openssl: authorities, and what they sign. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority extends Certificate {
  /** @param names what the certificate is valid for: `DNS:node1`, `IP:127.0.0.1` */
  issue(commonName: string, names?: readonly string[]): Certificate;
  /** The list of the certificates that the authority has revoked. */
  revoke(revoked: Certificate): string;
  /** Removes its files. */
  remove(): void;
}

/** Without the program there is nothing to test TLS with. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

const ecKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** What it gives is the text of the files, which last beyond it. */
export function makeAuthority(commonName: string): Authority {
  const directory = mkdtempSync(join(tmpdir(), 'repmgr-certificates-'));
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
  const read = (name: string) => readFileSync(join(directory, name), 'utf8');
  const put = (name: string, text: string) => writeFileSync(join(directory, name), text);
  let count = 0;
  openssl(
    'req',
    '-x509',
    ...ecKey,
    '-days',
    '2',
    '-subj',
    `/CN=${commonName}`,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
  );
  return {
    certificate: read('ca.crt'),
    key: read('ca.key'),
    issue: (name, names = []) => {
      count += 1;
      const file = `issued-${count}`;
      put(`${file}.ext`, names.length === 0 ? '' : `subjectAltName=${names.join(',')}\n`);
      openssl('req', ...ecKey, '-subj', `/CN=${name}`, '-keyout', `${file}.key`, '-out', `${file}.csr`);
      const signing = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-set_serial', String(count), '-days', '2'];
      openssl(
        'x509',
        '-req',
        '-in',
        `${file}.csr`,
        ...signing,
        '-extfile',
        `${file}.ext`,
        '-out',
        `${file}.crt`,
      );
      return { certificate: read(`${file}.crt`), key: read(`${file}.key`) };
    },
    remove: () => rmSync(directory, { recursive: true }),
    revoke: ({ certificate }) => {
      put('revoked.crt', certificate);
      put('index.txt', '');
      put('ca.cnf', '[ca]\ndefault_ca=us\n[us]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=2\n');
      const us = ['-config', 'ca.cnf', '-cert', 'ca.crt', '-keyfile', 'ca.key'];
      openssl('ca', ...us, '-revoke', 'revoked.crt');
      openssl('ca', ...us, '-gencrl', '-out', 'ca.crl');
      return read('ca.crl');
    },
  };
}

/** The same key, for whoever knows the passphrase. */
export function encryptKey(key: string, passphrase: string): string {
  return execFileSync(
    'openssl',
    ['pkcs8', '-topk8', '-v2', 'aes-256-cbc', '-passout', `pass:${passphrase}`],
    {
      input: key,
      encoding: 'utf8',
    },
  );
}
