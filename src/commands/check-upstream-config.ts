/** `repmgr --check-upstream-config`: whether a server can be cloned and followed. docs/cloning.md */
import type { SettingCheck } from '../cluster/clone/check-source.ts';
import { checkUpstreamConfig } from '../cluster/clone/check-upstream-config.ts';
import { inspectServer, inspectSource, type SourceFacts } from '../cluster/clone/source.ts';
import { connect } from '../postgres/connection.ts';
import { renderJson } from '../render/json.ts';
import { renderTable } from '../render/table.ts';
import { wishOf } from './clone-wish.ts';
import type { CommandContext } from './command.ts';

/** Exit code 0 whatever was found, as in repmgr 3; 6 without a connection. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log, signal } = context;
  const wish = wishOf(context);
  const connection = await connect(wish.source, { signal });
  try {
    const source = await inspectSource(connection, await inspectServer(connection, signal), wish, signal);
    const checks = checkUpstreamConfig(source, wish);
    if (options.json === true) {
      context.print(asObject(source, checks));
      return;
    }
    context.print(asTable(checks));
    const refusals = checks.flatMap(({ refusal }) => refusal ?? []);
    for (const refusal of refusals) log.warning(refusal.message, refusal);
    if (refusals.length === 0) {
      context.print(`OK: ${source.host}:${source.port} can be cloned and followed\n`);
    }
  } finally {
    await connection.close();
  }
}

function asTable(checks: readonly SettingCheck[]): string {
  const headings = ['Setting', 'Found', 'Wanted', 'Verdict'];
  return renderTable(
    headings.map((heading) => ({ heading })),
    checks.map((check) => [check.setting, check.found, check.wanted, verdictOf(check)]),
  );
}

function asObject({ host, port, version }: SourceFacts, checks: readonly SettingCheck[]): string {
  return renderJson({
    host,
    port,
    postgresVersion: version.major,
    suitable: checks.every(({ refusal }) => refusal === undefined),
    checks: checks.map((check) => ({
      setting: check.setting,
      found: check.found,
      wanted: check.wanted,
      verdict: verdictOf(check),
    })),
    warnings: checks.flatMap(({ refusal }) =>
      refusal === undefined ? [] : [{ message: refusal.message, detail: refusal.detail, hint: refusal.hint }],
    ),
  });
}

function verdictOf({ refusal }: SettingCheck): 'ok' | 'wrong' {
  return refusal === undefined ? 'ok' : 'wrong';
}
