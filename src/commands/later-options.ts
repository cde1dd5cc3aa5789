/** Options of repmgr 3 to 5 for what this version does not do yet: known, so that the error can say so. */
import type { Option } from './option.ts';

const later = { group: 'command', value: { kind: 'none' }, isNotBuiltYet: true } as const;
const laterText = <Name extends string>(name: Name) => ({ ...later, value: { kind: 'text', name } }) as const;

export const laterOptions = {
  mode: {
    ...later,
    long: 'mode',
    short: 'm',
    value: { kind: 'choice', name: 'MODE', choices: ['smart', 'fast', 'immediate'] },
    about: 'how to shut down the old primary',
  },
  pgRewind: {
    ...later,
    long: 'pg_rewind',
    value: { kind: 'optional-text', name: 'PATH' },
    about: 'use pg_rewind',
  },
  alwaysPromote: { ...later, long: 'always-promote', about: 'promote even a standby that lacks WAL' },
  repmgrdNoPause: { ...later, long: 'repmgrd-no-pause', about: 'do not pause repmgrd' },
  repmgrdForceUnpause: { ...later, long: 'repmgrd-force-unpause', about: 'unpause repmgrd in any case' },
  nagios: { ...later, long: 'nagios', about: 'print as a Nagios plugin does' },
  action: { ...laterText('ACTION'), long: 'action', about: 'what to do with the service' },
  listActions: { ...later, long: 'list-actions', about: 'show the service commands' },
  checkpoint: { ...later, long: 'checkpoint', about: 'make a checkpoint first' },
  isShutdownCleanly: {
    ...later,
    long: 'is-shutdown-cleanly',
    about: 'whether the server was stopped cleanly',
  },
  disableWalReceiver: { ...later, long: 'disable-wal-receiver', about: 'stop the WAL receiver' },
  enableWalReceiver: { ...later, long: 'enable-wal-receiver', about: 'let the WAL receiver start' },
  role: { ...later, long: 'role', about: 'check the role' },
  replicationLag: { ...later, long: 'replication-lag', about: 'check the replication lag' },
  archiveReady: { ...later, long: 'archive-ready', about: 'check WAL archiving' },
  upstream: { ...later, long: 'upstream', about: 'check the upstream' },
  downstream: { ...later, long: 'downstream', about: 'check the downstream nodes' },
  slots: { ...later, long: 'slots', about: 'check for inactive slots' },
  missingSlots: { ...later, long: 'missing-slots', about: 'check for missing slots' },
  dataDirectoryConfig: { ...later, long: 'data-directory-config', about: 'check data_directory' },
  repmgrd: { ...later, long: 'repmgrd', about: 'check repmgrd' },
  dbConnection: { ...later, long: 'db-connection', about: 'check the connection' },
  replicationConfigOwner: {
    ...later,
    long: 'replication-config-owner',
    about: 'check the owner of recovery settings',
  },
  replicationConnection: { ...later, long: 'replication-connection', about: 'check replication connections' },
  hasPassfile: { ...later, long: 'has-passfile', about: 'whether libpq knows passfile' },
} as const satisfies Readonly<Record<string, Option>>;
