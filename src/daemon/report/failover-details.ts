/** The details of `repmgrd_failover_promote`. Pure. */

export function failoverDetails(byWhat: string, promoted: string, former: string | null): string {
  return former === null ? `${promoted} ${byWhat}` : `${promoted} ${byWhat}; old primary: ${former}`;
}
