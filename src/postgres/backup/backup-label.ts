/** What a backup_label says of the WAL that a copy needs, and the tablespace_map of a copy. Pure. */
import { failure } from '../../errors.ts';
import { type WalSegment, parseWalSegmentName } from '../../model/wal-segment.ts';

/**
 * The WAL segment in which recovery of the copy begins.
 * @throws RepmgrError backup_label_unreadable
 */
export function firstSegmentOf(backupLabel: string, segmentBytes: number): WalSegment {
  const name = /^START WAL LOCATION: [0-9A-F]+\/[0-9A-F]+ \(file ([0-9A-F]{24})\)$/m.exec(backupLabel)?.[1];
  const segment = name === undefined ? undefined : parseWalSegmentName(name, segmentBytes);
  if (segment !== undefined) return segment;
  throw failure('backup_label_unreadable', {
    message: 'the backup_label of the source does not say where its WAL begins',
    detail: `It reads: ${backupLabel.trim() === '' ? 'nothing' : backupLabel.trim()}`,
    hint: 'Clone again; if it happens again, clone with --backup-method=protocol.',
  });
}

/**
 * Lets each line (`OID LOCATION`) lead to where the tablespace lies on this host.
 * @param locations by object id
 */
export function mapTablespaces(tablespaceMap: string, locations: ReadonlyMap<string, string>): string {
  return tablespaceMap.replace(/^(\d+) (.*)$/gm, (line: string, oid: string) => {
    const location = locations.get(oid);
    return location === undefined ? line : `${oid} ${location}`;
  });
}
