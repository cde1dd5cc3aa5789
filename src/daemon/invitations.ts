/** The tokens that this repmgrd gave to witnesses: each is good once, and for a while; kept in the state file. */
import type { AdmissionRefusal, AdmissionRequest } from '../api/admission.ts';
import { type InvitationToken, newInvitation } from '../api/invitation.ts';
import type { Invitation } from '../cluster/state-file.ts';
import { limits } from '../limits.ts';

export interface InvitationKeeper {
  readonly invitations: readonly Invitation[];
  /** @throws the system's error */
  keepInvitations(invitations: readonly Invitation[]): Promise<void>;
}

export class Invitations {
  readonly #kept: InvitationKeeper;
  readonly #cluster: string;
  readonly #nowMs: () => number;

  /** @param nowMs the wall clock, which a restart does not stop */
  constructor(kept: InvitationKeeper, cluster: string, nowMs: () => number = Date.now) {
    this.#kept = kept;
    this.#cluster = cluster;
    this.#nowMs = nowMs;
  }

  /** @throws the system's error, where it cannot be kept: then nobody has it */
  async give(
    of: Pick<InvitationToken, 'address' | 'systemIdentifier'>,
    lifetimeMs: number,
  ): Promise<InvitationToken> {
    const token = newInvitation({ ...of, cluster: this.#cluster, endsAtMs: this.#nowMs() + lifetimeMs });
    const { id, key, endsAtMs } = token;
    const before = this.#kept.invitations.slice(1 - limits.invitationsKept);
    await this.#kept.keepInvitations([...before, { id, key, endsAtMs, usedBy: null }]);
    return token;
  }

  /**
   * Uses an invitation up, before anything is done for whoever shows it: nobody else can use it meanwhile.
   * @returns the invitation as it was, or why it is not good
   * @throws the system's error, where that cannot be kept
   */
  async take(
    request: AdmissionRequest,
    isSignedBy: (key: string) => boolean,
  ): Promise<Invitation | AdmissionRefusal> {
    const found = this.#kept.invitations.find(({ id }) => id === request.invitation);
    if (found === undefined)
      return refusalOf('unknown', 'This repmgrd never gave it, or no longer knows it.');
    if (found.usedBy !== null) return refusalOf('used', `Node ${found.usedBy} came in with it.`);
    if (!isSignedBy(found.key)) return refusalOf('unknown', 'It was changed on the way.');
    if (request.cluster !== this.#cluster) {
      return refusalOf('otherCluster', `It was shown to a repmgrd of cluster "${this.#cluster}".`);
    }
    const lateMs = this.#nowMs() - found.endsAtMs;
    if (lateMs >= 0) {
      return refusalOf('expired', `It ended ${Math.ceil(lateMs / 1000)} s ago, at ${inWords(found)}.`);
    }
    try {
      await this.#replace({ ...found, key: '', usedBy: request.node });
    } catch (error) {
      await this.giveBack(found).catch(() => undefined);
      throw error;
    }
    return found;
  }

  /** Nothing came of it: it is good again. @throws the system's error */
  async giveBack(invitation: Invitation): Promise<void> {
    await this.#replace(invitation);
  }

  async #replace(changed: Invitation): Promise<void> {
    const { invitations } = this.#kept;
    await this.#kept.keepInvitations(invitations.map((it) => (it.id === changed.id ? changed : it)));
  }
}

/** Whether it is one, and no refusal. */
export function isInvitation(taken: Invitation | AdmissionRefusal): taken is Invitation {
  return 'endsAtMs' in taken;
}

function refusalOf(kind: Exclude<AdmissionRefusal['kind'], 'refused'>, detail: string): AdmissionRefusal {
  return { kind, detail };
}

function inWords({ endsAtMs }: Invitation): string {
  return new Date(endsAtMs).toISOString();
}
