/** Names of the metadata schema and its objects as SQL writes them (docs/metadata.md). */

/** The schema of a cluster: `repmgr_` and the cluster's name exactly as repmgr.conf has it. */
export function schemaName(cluster: string): string {
  return `repmgr_${cluster}`;
}

/** A table or view of a cluster as a quoted, qualified identifier. */
export function qualified(cluster: string, relation: string): string {
  return `${quoteIdentifier(schemaName(cluster))}.${quoteIdentifier(relation)}`;
}

/** https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
