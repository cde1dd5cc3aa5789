/**
 * The address that the listener takes: `api_listen` may name its host, and at the start of a machine there may be nobody
 * yet who knows names. Whoever starts must not wait for that.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import { type HostAndPort, splitAddress } from './address.ts';

type Find = (host: string) => Promise<{ readonly address: string }>;

/**
 * @param listen HOST:PORT
 * @param find how a name is looked up
 * @throws RepmgrError api_address_unusable where there is no such name; api_name_unresolved where nobody tells in time
 */
export async function addressToListenAt(listen: string, find: Find = lookup): Promise<HostAndPort> {
  const { host, port } = splitAddress(listen);
  if (isIP(host) !== 0) return { host, port };
  const inTime = new AbortController();
  try {
    const found = await Promise.race([find(host), silence(host, inTime.signal)]);
    return { host: found.address, port };
  } catch (error) {
    throw asFailure(listen, host, error as NodeJS.ErrnoException);
  } finally {
    inTime.abort();
  }
}

async function silence(host: string, signal: AbortSignal): Promise<never> {
  await sleep(limits.listenLookupMs, undefined, { signal });
  throw new Error(`nobody has told the address of "${host}" within ${limits.listenLookupMs} ms`);
}

function asFailure(listen: string, host: string, cause: NodeJS.ErrnoException): Error {
  if (cause.code === 'ENOTFOUND') {
    return failure('api_address_unusable', {
      message: `repmgrd cannot listen at ${listen}`,
      detail: `There is no host "${host}", as the resolver of this machine says.`,
      hint: `Correct "api_listen" in repmgr.conf (unset, it is the host of conninfo), or make the name known: getent hosts ${host}`,
      cause,
    });
  }
  return failure('api_name_unresolved', {
    message: `repmgrd cannot listen at ${listen} yet: the name cannot be looked up`,
    detail: `The other repmgrds do not reach this one meanwhile: ${cause.message}.`,
    hint: `It is tried again until it succeeds. Check the resolver: getent hosts ${host}; an address in "api_listen" needs none.`,
    cause,
  });
}
