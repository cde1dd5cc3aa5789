/**
 * The keywords of libpq's connection strings, with the environment variable that each one falls back to.
 * See https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
 */

interface KeywordProperties {
  readonly environment?: string;
  /** Its value must never be shown. */
  readonly isSecret?: true;
}

const keywords: Readonly<Record<string, KeywordProperties>> = {
  application_name: { environment: 'PGAPPNAME' },
  channel_binding: { environment: 'PGCHANNELBINDING' },
  client_encoding: { environment: 'PGCLIENTENCODING' },
  connect_timeout: { environment: 'PGCONNECT_TIMEOUT' },
  dbname: { environment: 'PGDATABASE' },
  fallback_application_name: {},
  gssdelegation: { environment: 'PGGSSDELEGATION' },
  gssencmode: { environment: 'PGGSSENCMODE' },
  gsslib: { environment: 'PGGSSLIB' },
  host: { environment: 'PGHOST' },
  hostaddr: { environment: 'PGHOSTADDR' },
  keepalives: {},
  keepalives_count: {},
  keepalives_idle: {},
  keepalives_interval: {},
  krbsrvname: { environment: 'PGKRBSRVNAME' },
  load_balance_hosts: { environment: 'PGLOADBALANCEHOSTS' },
  max_protocol_version: { environment: 'PGMAXPROTOCOLVERSION' },
  min_protocol_version: { environment: 'PGMINPROTOCOLVERSION' },
  oauth_client_id: {},
  oauth_client_secret: { isSecret: true },
  oauth_issuer: {},
  oauth_scope: {},
  options: { environment: 'PGOPTIONS' },
  passfile: { environment: 'PGPASSFILE' },
  password: { environment: 'PGPASSWORD', isSecret: true },
  port: { environment: 'PGPORT' },
  replication: {},
  require_auth: { environment: 'PGREQUIREAUTH' },
  requirepeer: { environment: 'PGREQUIREPEER' },
  scram_client_key: { isSecret: true },
  scram_server_key: { isSecret: true },
  service: { environment: 'PGSERVICE' },
  servicefile: { environment: 'PGSERVICEFILE' },
  ssl_max_protocol_version: { environment: 'PGSSLMAXPROTOCOLVERSION' },
  ssl_min_protocol_version: { environment: 'PGSSLMINPROTOCOLVERSION' },
  sslcert: { environment: 'PGSSLCERT' },
  sslcertmode: { environment: 'PGSSLCERTMODE' },
  sslcompression: { environment: 'PGSSLCOMPRESSION' },
  sslcrl: { environment: 'PGSSLCRL' },
  sslcrldir: { environment: 'PGSSLCRLDIR' },
  sslkey: { environment: 'PGSSLKEY' },
  sslkeylogfile: {},
  sslmode: { environment: 'PGSSLMODE' },
  sslnegotiation: { environment: 'PGSSLNEGOTIATION' },
  sslpassword: { isSecret: true },
  sslrootcert: { environment: 'PGSSLROOTCERT' },
  sslsni: { environment: 'PGSSLSNI' },
  target_session_attrs: { environment: 'PGTARGETSESSIONATTRS' },
  tcp_user_timeout: {},
  user: { environment: 'PGUSER' },
};

/** Keywords of libpq before PostgreSQL 14 that no longer mean anything: accepted, as old strings hold them. */
const obsoleteKeywords: readonly string[] = ['authtype', 'tty'];

export const conninfoKeywords: readonly string[] = Object.keys(keywords);

/** Whether libpq, of any version that we support, knows this keyword. */
export function isConninfoKeyword(name: string): boolean {
  return Object.hasOwn(keywords, name) || obsoleteKeywords.includes(name);
}

/** Whether the value of this keyword is a password or a key, and must not be shown. */
export function isSecretKeyword(name: string): boolean {
  return Object.hasOwn(keywords, name) && keywords[name]?.isSecret === true;
}

/** The environment variable that libpq reads where neither string nor service file set the keyword. */
export function environmentVariableOf(keyword: string): string | undefined {
  return Object.hasOwn(keywords, keyword) ? keywords[keyword]?.environment : undefined;
}
