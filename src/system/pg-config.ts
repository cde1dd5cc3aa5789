/** What pg_config tells of the installed PostgreSQL. */
import { limits } from '../limits.ts';

/**
 * SYSCONFDIR of PostgreSQL, the last place where repmgr.conf is looked for.
 * @returns undefined where pg_config is not installed or does not answer
 */
export async function systemConfigDirectory(): Promise<string | undefined> {
  try {
    // Few calls get as far as here, and to load what starts processes takes time.
    const { runCommand } = await import('./command.ts');
    const result = await runCommand('pg_config', ['--sysconfdir'], { deadlineMs: limits.pgConfigMs });
    const directory = result.stdout.trim();
    return result.exitCode === 0 && directory.startsWith('/') ? directory : undefined;
  } catch {
    return undefined;
  }
}
