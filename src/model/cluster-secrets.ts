/** What the repmgrds of a cluster sign their messages with; while it is changed there are two. */

export interface ClusterSecrets {
  /** Messages are signed with the first; all of them are accepted. */
  readonly secrets: readonly string[];
  /** Of these words: whoever knows several takes the greatest. Milliseconds since 1970; 0: the secret never changed. */
  readonly secretVersion: number;
}

/** @param found wins where both are of one version */
export function newerSecrets(known: ClusterSecrets, found: ClusterSecrets): ClusterSecrets {
  const { secrets, secretVersion } = found.secretVersion >= known.secretVersion ? found : known;
  return { secrets, secretVersion };
}
