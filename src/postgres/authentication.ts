/** Passwords, and which ways of asking for one the conninfo allows (require_auth, channel_binding). */
import type { Conninfo } from '../model/conninfo.ts';
import { passwordFileOf } from './conninfo-defaults.ts';
import type { DriverConnection } from './driver.ts';
import { isDefaultSocketDirectory, type Target } from './targets.ts';

/** The server wants a password and there is none. */
export class PasswordMissing extends Error {
  override readonly name = 'PasswordMissing';
  readonly remedy: string | undefined;

  constructor(reason: string, remedy?: string) {
    super(reason);
    this.remedy = remedy;
  }
}

/** The server asks in a way that the conninfo forbids. */
export class AuthenticationForbidden extends Error {
  override readonly name = 'AuthenticationForbidden';
}

/**
 * The password for one target: of the settings (conninfo, service, PGPASSWORD), else of the password file.
 * @throws PasswordMissing
 */
export async function passwordFor(
  settings: Conninfo,
  target: Target,
  isReplication: boolean,
): Promise<string> {
  const given = settings['password'];
  if (given !== undefined && given !== '') {
    return given;
  }
  const path = passwordFileOf(settings);
  const request = {
    host: isDefaultSocketDirectory(target.host) ? 'localhost' : target.host,
    port: target.port,
    database: isReplication ? 'replication' : (settings['dbname'] ?? ''),
    user: settings['user'] ?? '',
  };
  const { readPasswordFile } = await import('./password-file.ts');
  const answer = await readPasswordFile(path, request);
  switch (answer.kind) {
    case 'found':
      return answer.password;
    case 'unusable':
      throw new PasswordMissing(answer.reason, answer.remedy);
    case 'missing':
      throw new PasswordMissing(`there is no password in the conninfo or PGPASSWORD, and no file "${path}"`);
    case 'no_entry':
      throw new PasswordMissing(
        `there is no password in the conninfo or PGPASSWORD, and "${path}" has no line for ` +
          `${request.host}:${request.port}:${request.database}:${request.user}`,
      );
  }
}

/**
 * Holds require_auth and channel_binding: calls `refuse` before a password leaves in a way that they forbid.
 * See https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-REQUIRE-AUTH
 */
export function watchAuthentication(
  connection: DriverConnection,
  settings: Conninfo,
  refuse: (error: AuthenticationForbidden) => void,
): void {
  const bindsChannel = settings['channel_binding'] === 'require';
  let isAsked = false;
  const check = (method: string, canBind: boolean) => {
    isAsked = true;
    if (bindsChannel && !canBind) {
      refuse(new AuthenticationForbidden('channel binding is required, but the server does not offer it'));
    } else if (!isAllowed(method, settings['require_auth'])) {
      refuse(
        new AuthenticationForbidden(`the server asks for "${method}", which require_auth does not allow`),
      );
    }
  };
  connection.on('authenticationCleartextPassword', () => check('password', false));
  connection.on('authenticationMD5Password', () => check('md5', false));
  connection.on('authenticationSASL', (message: { readonly mechanisms: readonly string[] }) =>
    check('scram-sha-256', message.mechanisms.includes('SCRAM-SHA-256-PLUS')),
  );
  connection.on('authenticationOk', () => {
    if (!isAsked) {
      check('none', false);
    }
  });
}

function isAllowed(method: string, requireAuth: string | undefined): boolean {
  const entries = (requireAuth ?? '').split(',').map((entry) => entry.trim());
  if (entries.every((entry) => entry === '')) {
    return true;
  }
  const isListed = entries.some((entry) => entry.replace(/^!/, '') === method);
  return entries.some((entry) => entry.startsWith('!')) ? !isListed : isListed;
}
