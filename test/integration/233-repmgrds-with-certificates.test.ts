/** Repmgrds that talk to each other over TLS only, and commands that ask them; a node without a certificate stays out. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { hasOpenssl, makeAuthority } from '../support/certificates.ts';
import { sandboxForTest } from '../support/sandbox.ts';

interface Status {
  readonly nodes: readonly {
    readonly repmgrd: string;
    readonly pid: number;
    readonly leadership: { readonly role: string; readonly leader: number | null } | null;
  }[];
}

describe.skipIf(!hasOpenssl)('repmgrds with certificates', () => {
  let sandbox: Sandbox;
  const directory = mkdtempSync(join(tmpdir(), 'repmgr-tls-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const put = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  beforeAll(async () => {
    chmodSync(directory, 0o755);
    const authority = makeAuthority('ours');
    const { certificate, key } = authority.issue('node');
    sandbox = await sandboxForTest({
      nodes: 3,
      repmgrConf: {
        failover: 'automatic',
        log_level: 'INFO',
        api_tls_cert_file: put('node.crt', certificate),
        api_tls_key_file: put('node.key', key),
        api_tls_ca_file: put('ca.crt', authority.certificate),
      },
    });
    authority.remove();
    await Promise.all([1, 2, 3].map(async (id) => await sandbox.startRepmgrd(id)));
  });
  const statusBy = async (id: number): Promise<Status> =>
    JSON.parse((await sandbox.repmgr(id, ['daemon', 'status', '--json'])).stdout) as Status;

  it('elect a leader, and daemon status reaches all of them', async () => {
    const roles = await waitUntil(
      async () => {
        const { nodes } = await statusBy(2);
        return nodes.every(({ leadership }) => leadership?.leader === 1)
          ? nodes.map(({ leadership }) => leadership?.role)
          : undefined;
      },
      { deadlineMs: 20_000 },
    );
    expect(roles).toEqual(['leader', 'follower', 'follower']);
    expect((await sandbox.repmgr(3, ['explain'])).stdout).toContain('node1  leads term 1');
  });

  it('answer nobody who speaks without TLS', async () => {
    await expect(fetch(`http://127.0.0.1:${sandbox.node(1).apiPort}/primary`)).rejects.toThrow();
  });

  it('use renewed files after a reload', async () => {
    const before = await statusBy(2);
    const authority = makeAuthority('renewed');
    const { certificate, key } = authority.issue('node');
    put('node.crt', certificate);
    put('node.key', key);
    put('ca.crt', authority.certificate);
    authority.remove();
    const isRenewed = await waitUntil(
      async () => {
        const pids = before.nodes.map(({ pid }) => String(pid));
        expect((await sandbox.run('kill', ['-HUP', ...pids])).exitCode).toBe(0);
        return (await statusBy(2)).nodes.every(({ repmgrd }) => repmgrd === 'running') ? true : undefined;
      },
      { deadlineMs: 20_000, intervalMs: 500 },
    );
    expect(isRenewed).toBe(true);
  });
});
