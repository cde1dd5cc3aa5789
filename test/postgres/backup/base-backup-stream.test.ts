import { describe, expect, it } from 'vitest';
import {
  baseBackupCommand,
  createBaseBackupStream,
  type SourceTablespace,
} from '../../../src/postgres/backup/base-backup-stream.ts';
import { serverVersion } from '../../../src/postgres/version.ts';

describe('the command BASE_BACKUP', () => {
  it.each([
    [100_023, "BASE_BACKUP LABEL 'it''s' PROGRESS FAST WAL NOWAIT"],
    [
      130_023,
      "BASE_BACKUP LABEL 'it''s' PROGRESS FAST WAL NOWAIT MANIFEST 'yes' MANIFEST_CHECKSUMS 'CRC32C'",
    ],
    [
      150_018,
      "BASE_BACKUP (LABEL 'it''s', PROGRESS, CHECKPOINT 'fast', WAL, WAIT 0, MANIFEST 'yes', MANIFEST_CHECKSUMS 'CRC32C')",
    ],
  ])('of version %d', (number, command) => {
    expect(baseBackupCommand(serverVersion(number), { label: "it's", isCheckpointFast: true })).toBe(command);
  });

  it('spreads the checkpoint unless it shall be fast', () => {
    const options = { label: 'x', isCheckpointFast: false };
    expect(baseBackupCommand(serverVersion(100_023), options)).not.toContain('FAST');
    expect(baseBackupCommand(serverVersion(150_018), options)).toContain("CHECKPOINT 'spread'");
  });
});

/** Notes what arrives, in words. */
function stream(number: number) {
  const events: string[] = [];
  let received = 0;
  const created = createBaseBackupStream(serverVersion(number), {
    onTablespaces: ({ totalBytes, tablespaces }) => {
      events.push(`${totalBytes} bytes`);
      return tablespaces.map(({ oid, location }: SourceTablespace) => ({
        oid,
        sourceLocation: location,
        directory: location,
      }));
    },
    createWriter: () => ({
      startArchive: (tablespace) => void events.push(`archive ${tablespace?.oid ?? 'main'}`),
      write: (chunk) => void events.push(`write ${chunk.toString('utf8')}`),
      endArchive: () => void events.push('end'),
      finish: async () => new Map(),
      abandon: async () => {},
    }),
    onProgress: (bytes) => {
      received = bytes;
    },
  });
  created.onResultSet([{ recptr: '0/2000028', tli: '1' }]);
  created.onResultSet([
    { spcoid: '16385', spclocation: '/srv/fast', size: '1' },
    { spcoid: null, spclocation: null, size: '2' },
  ]);
  return { created, events, received: () => received };
}

const expected = ['3072 bytes', 'archive 16385', 'write one', 'end', 'archive main', 'write two', 'end'];

describe('the answer to BASE_BACKUP', () => {
  it('is one copy a tablespace up to PostgreSQL 14, and one for the manifest', () => {
    const { created, events, received } = stream(130_023);
    for (const content of ['one', 'two', 'manifest']) {
      created.onCopyStart();
      void created.onCopyData(Buffer.from(content), true);
    }
    expect(created.end()).toEqual({ manifest: 'manifest' });
    expect(events).toEqual(expected);
    expect(received()).toBe(6);
  });

  it('has no manifest up to PostgreSQL 12', () => {
    const { created, events } = stream(100_023);
    for (const content of ['one', 'two']) {
      created.onCopyStart();
      void created.onCopyData(Buffer.from(content), true);
    }
    expect(created.end()).toEqual({ manifest: undefined });
    expect(events).toEqual(expected);
  });

  it('is one copy in all from PostgreSQL 15 on, whose messages say what they are', () => {
    const { created, events } = stream(150_018);
    created.onCopyStart();
    const messages = [
      'nfast.tar\0/srv/fast\0',
      'done',
      'p\0\0\0\0\0\0\0\x04',
      'nbase.tar\0\0',
      'dtwo',
      'm',
      'dmanifest',
    ];
    for (const message of messages) void created.onCopyData(Buffer.from(message, 'latin1'), true);
    expect(created.end()).toEqual({ manifest: 'manifest' });
    expect(events).toEqual(expected);
  });

  it('may come in pieces of messages', () => {
    const { created, events } = stream(150_018);
    created.onCopyStart();
    for (const message of [
      'nfast.tar\0/srv/fast\0',
      'done',
      'p\0\0\0\0\0\0\0d',
      'nbase.tar\0\0',
      'dtwo',
      'm',
      'dmanifest',
    ]) {
      for (const [index, letter] of message.split('').entries()) {
        void created.onCopyData(Buffer.from(letter, 'latin1'), index === 0);
      }
    }
    expect(created.end()).toEqual({ manifest: 'manifest' });
    const written = events.filter((event) => event.startsWith('write ')).map((event) => event.slice(6));
    expect(written.join('')).toBe('onetwo');
    expect(events.filter((event) => !event.startsWith('write '))).toEqual(
      expected.filter((event) => !event.startsWith('write ')),
    );
  });

  it('that ends too early, or holds something unknown, is an error', () => {
    const early = stream(150_018);
    early.created.onCopyStart();
    void early.created.onCopyData(Buffer.from('nfast.tar\0'), true);
    expect(() => early.created.end()).toThrow('before it had sent everything');
    expect(() => stream(150_018).created.onCopyData(Buffer.from('?'), true)).toThrow('unknown kind');
  });
});
