import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addressToListenAt } from '../../src/api/listen-address.ts';
import { limits } from '../../src/limits.ts';

const failing = (code: string) => async (): Promise<{ readonly address: string }> => {
  await Promise.resolve();
  throw Object.assign(new Error(`getaddrinfo ${code} db1`), { code });
};

describe('the address to listen at', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is taken as it is where it is no name, and found by its name otherwise', async () => {
    expect(await addressToListenAt('10.0.0.11:15432', failing('ENOTFOUND'))).toEqual({
      host: '10.0.0.11',
      port: 15_432,
    });
    expect(await addressToListenAt('[::1]:0', failing('ENOTFOUND'))).toEqual({ host: '::1', port: 0 });
    const found = await addressToListenAt('db1:15432', async () => await Promise.resolve({ address: '::1' }));
    expect(found).toEqual({ host: '::1', port: 15_432 });
  });

  it('is wrong where there is no such host', async () => {
    await expect(addressToListenAt('db1:15432', failing('ENOTFOUND'))).rejects.toMatchObject({
      code: 'api_address_unusable',
      hint: expect.stringContaining('getent hosts db1'),
    });
  });

  it('is to be asked for again where the resolver fails, or says nothing for as long as one waits', async () => {
    const unresolved = { code: 'api_name_unresolved', hint: expect.stringContaining('getent hosts db1') };
    await expect(addressToListenAt('db1:15432', failing('EAI_AGAIN'))).rejects.toMatchObject(unresolved);
    const silent = expect(addressToListenAt('db1:15432', () => new Promise(() => {}))).rejects.toMatchObject(
      unresolved,
    );
    await vi.advanceTimersByTimeAsync(limits.listenLookupMs);
    await silent;
  });
});
