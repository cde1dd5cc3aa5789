/**
 * Addresses of hosts that were looked up beforehand: what must be fast, or must work while the resolver is dead,
 * connects to these.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type Conninfo, mergeConninfo } from '../model/conninfo.ts';
import { readConninfo } from './conninfo-defaults.ts';

export class KnownAddresses {
  readonly #addresses = new Map<string, readonly string[]>();

  /**
   * Looks the host of each conninfo up, one after the other: a dead resolver then holds one thread of Node's pool, not
   * all of them. What cannot be looked up keeps the addresses that it had.
   */
  async refresh(conninfos: readonly string[]): Promise<void> {
    for (const conninfo of conninfos) {
      const host = nameToLookUp(readConninfo(conninfo));
      if (host === undefined) continue;
      const found = await lookup(host, { all: true }).catch(() => []);
      if (found.length > 0) {
        this.#addresses.set(
          host,
          found.map(({ address }) => address),
        );
      }
    }
  }

  /** The conninfo with all known addresses of its host; as it is where none is known. */
  addressed(conninfo: string): Conninfo {
    const settings = readConninfo(conninfo);
    const host = nameToLookUp(settings);
    const addresses = host === undefined ? undefined : this.#addresses.get(host);
    if (host === undefined || addresses === undefined) return settings;
    return mergeConninfo(settings, {
      host: addresses.map(() => host).join(','),
      hostaddr: addresses.join(','),
    });
  }
}

/** @returns undefined for sockets, addresses, several hosts, and where the conninfo has an address by itself */
function nameToLookUp({ host = '', hostaddr = '' }: Conninfo): string | undefined {
  const isName = host !== '' && hostaddr === '' && !/[/,@]/.test(host) && isIP(host) === 0;
  return isName ? host : undefined;
}
