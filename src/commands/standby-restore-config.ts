/** `repmgr standby restore-config`: brings back what `standby archive-config` has kept. docs/promote-and-follow.md */
import { planRestoring, restoreConfiguration } from '../cluster/config-archive/archive.ts';
import { renderSteps } from '../render/steps.ts';
import type { CommandContext } from './command.ts';

/** Exit code 1 for anything refused; the archive is then still there. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log } = context;
  const { archive, dataDirectory, files } = await planRestoring(
    options.dataDir ?? '',
    options.configArchiveDir ?? '',
  );
  if (options.dryRun === true) {
    const steps = [
      ...files.map((name) => `copy "${name}" of "${archive}" to "${dataDirectory}"`),
      `remove "${archive}"`,
    ];
    context.print(renderSteps(steps, { isJson: options.json === true }));
    return;
  }
  const isGone = await restoreConfiguration({ archive, dataDirectory, files });
  const counted = files.length === 1 ? '1 configuration file' : `${files.length} configuration files`;
  log.notice(`${counted} copied back to "${dataDirectory}"`, { detail: `${files.join(', ')}.` });
  if (isGone) return;
  log.warning(`"${archive}" was not removed`, {
    detail: 'Something is in it that is no configuration file of the archive.',
    hint: `Look at it, and remove it yourself: ls -la "${archive}"`,
  });
}
