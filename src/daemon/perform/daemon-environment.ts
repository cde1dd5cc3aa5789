/** What commands of the user's are told: that it is repmgrd that runs them. */
import { daemonAction } from '../../cluster/daemon-action.ts';

export function daemonEnvironment(
  action: 'promote' | 'follow',
): Readonly<Record<string, string | undefined>> {
  return { ...process.env, [daemonAction]: action };
}
