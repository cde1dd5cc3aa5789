/** What a user should know of a clone although nothing speaks against it. Pure. */
import { nodeLabel } from '../register/record.ts';
import { firstFilesOutside } from './external-files.ts';
import type { CloneFacts } from './inspect.ts';
import type { Remark } from './remark.ts';
import type { CloneWish } from './wish.ts';

export function remarksOn(facts: CloneFacts, wish: CloneWish): Remark[] {
  const remarks = [
    aboutDirectory(facts, wish),
    aboutMetadata(facts, wish),
    aboutUpstream(facts),
    aboutSpace(facts),
    aboutOptions(wish),
    aboutConfiguration(facts, wish),
  ];
  return remarks.filter((remark) => remark !== undefined);
}

function aboutDirectory({ target }: CloneFacts, { dataDirectory }: CloneWish): Remark {
  const { path } = target.directory;
  return dataDirectory === undefined
    ? {
        level: 'notice',
        message: `the data directory of the clone is "${path}", as on the source`,
        hint: 'Name another one with -D, or with "data_directory" in repmgr.conf.',
      }
    : { level: 'notice', message: `the data directory of the clone is "${path}"` };
}

function aboutMetadata({ metadata }: CloneFacts, { node }: CloneWish): Remark | undefined {
  if (metadata.kind !== 'missing') return undefined;
  return {
    level: 'warning',
    message: `the source has no metadata of cluster "${node?.clusterName}"`,
    detail: 'So the new standby streams from the source, and no event is written.',
  };
}

export function aboutUpstream({ upstream, source }: CloneFacts): Remark | undefined {
  if (upstream.kind === 'unknown') {
    return {
      level: 'warning',
      message: `no primary answers: the new standby will stream from the source, ${source.host}:${source.port}`,
      detail: `${upstream.reasons.join('; ')}.`,
    };
  }
  if (upstream.kind !== 'node' || upstream.server.kind !== 'unreachable') return undefined;
  const { reason } = upstream.server;
  return {
    level: 'warning',
    message: `upstream node ${nodeLabel(upstream.node)} does not answer at this moment`,
    detail: [reason.message, reason.detail].filter(Boolean).join(': '),
    hint: reason.hint,
  };
}

function aboutSpace({ source }: CloneFacts): Remark | undefined {
  if (source.tablespaces.every(({ sizeBytes }) => sizeBytes !== undefined)) return undefined;
  return {
    level: 'warning',
    message: 'free space was not checked: the source does not show its size to this role',
    hint: `On PostgreSQL 10 and later: GRANT pg_read_all_stats TO "${source.conninfo['user']}";`,
  };
}

function aboutOptions({ copy }: CloneWish): Remark | undefined {
  const isUsed = copy.method === undefined || copy.method === 'pg_basebackup';
  if (isUsed || copy.pgBasebackupOptions.trim() === '') return undefined;
  return {
    level: 'warning',
    message: `pg_basebackup_options have no effect on --backup-method=${copy.method}`,
  };
}

/** Debian keeps them below /etc: a base backup does not bring them. */
function aboutConfiguration({ source, target }: CloneFacts, { sourceHost }: CloneWish): Remark | undefined {
  const outside = firstFilesOutside(source);
  const isFirst = target.directory.content.kind !== 'postgresql';
  if (outside.length === 0 || !isFirst || sourceHost.externalFiles !== undefined) return undefined;
  return {
    level: 'notice',
    message: 'configuration files of the source are not copied: they lie outside of its data directory',
    detail: `They are ${outside.map((file) => `"${file}"`).join(', ')}.`,
    hint: 'Add --copy-external-config-files, or provide such files on this host before the start, for instance with pg_createcluster on Debian.',
  };
}
