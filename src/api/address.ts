/** HOST:PORT, as repmgr.conf and the metadata have it; the parameter table has checked it. */

export interface HostAndPort {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

export function splitAddress(address: string): HostAndPort {
  const at = address.lastIndexOf(':');
  return {
    host: address.slice(0, at).replace(/^\[(.*)\]$/, '$1'),
    port: Number(address.slice(at + 1)),
  };
}
