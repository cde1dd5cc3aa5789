/**
 * What only Debian's PostgreSQL 15 can show: `pg_basebackup`, `psql` and a server of the same version. Where it is not
 * installed such tests are skipped, visibly; REPMGR_REQUIRE_DEBIAN=1 (continuous integration) makes that a failure.
 */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';

export const debianMajorVersion = 15;
export const debianBinDirectory = `/usr/lib/postgresql/${debianMajorVersion}/bin`;

const missing = ['postgres', 'pg_basebackup', 'psql'].find(
  (name) => !isExecutable(join(debianBinDirectory, name)),
);
if (missing !== undefined) {
  const reason = `${join(debianBinDirectory, missing)} is not there (apt-get install postgresql-${debianMajorVersion})`;
  if (process.env['REPMGR_REQUIRE_DEBIAN'] === '1') throw new Error(reason);
  process.stdout.write(`skipped: tests that need Debian's PostgreSQL, since ${reason}\n`);
}

/** As `describe` and `it`, for tests that need it. */
export const describeWithDebian = describe.skipIf(missing !== undefined);
export const itWithDebian = it.skipIf(missing !== undefined);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
