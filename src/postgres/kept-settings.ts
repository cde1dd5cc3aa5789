/**
 * Settings that repmgrd replaces for a while, with the values that they had. Those are kept in the same file, as
 * settings of ours that PostgreSQL takes no notice of: so they outlive a crash, and a clone brings both along.
 */
import type { RecoverySettings } from './recovery-config.ts';
import { changeSettingsFile, readSettingsFile, type SettingsFile } from './server-settings.ts';

interface Durability {
  readonly isDurable: boolean;
}

/** PostgreSQL takes any name with a dot in it for the setting of an extension. */
function keptName(name: string): string {
  return `repmgr.replaced_${name}`;
}

/** There was no such line before. */
const noLine = 'none';

/**
 * Puts values in the place of those that are there; what was replaced before is not kept anew.
 * @returns whether anything was written
 * @throws the system's error
 */
export async function replaceSettings(
  file: SettingsFile,
  values: Readonly<Record<string, string>>,
  durability: Durability,
): Promise<boolean> {
  const before = await readSettingsFile(file);
  const kept = Object.keys(values)
    .filter((name) => before[keptName(name)] === undefined)
    .map((name) => [keptName(name), before[name] === undefined ? noLine : `=${before[name]}`]);
  return await changeSettingsFile(file, { ...Object.fromEntries(kept), ...values }, durability);
}

/**
 * Gives the kept values back; settings that were not replaced stay as they are.
 * @returns whether anything was written
 * @throws the system's error
 */
export async function restoreSettings(
  file: SettingsFile,
  names: readonly string[],
  durability: Durability,
): Promise<boolean> {
  const before = await readSettingsFile(file);
  const restored: Record<string, string | undefined> = {};
  for (const name of names) {
    const kept = before[keptName(name)];
    if (kept === undefined) continue;
    restored[name] = kept.startsWith('=') ? kept.slice(1) : undefined;
    restored[keptName(name)] = undefined;
  }
  return await changeSettingsFile(file, restored satisfies RecoverySettings, durability);
}

/**
 * Puts values in for good: what they or others replaced is not given back any more.
 * @throws the system's error
 */
export async function settleSettings(
  file: SettingsFile,
  values: Readonly<Record<string, string>>,
  durability: Durability,
): Promise<void> {
  const forgotten = Object.keys(values).map((name) => [keptName(name), undefined]);
  await changeSettingsFile(file, { ...values, ...Object.fromEntries(forgotten) }, durability);
}

/** Whether a value of ours stands in the place of another. */
export async function isReplaced(file: SettingsFile, name: string): Promise<boolean> {
  return (await readSettingsFile(file))[keptName(name)] !== undefined;
}
