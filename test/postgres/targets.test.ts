import { describe, expect, it } from 'vitest';
import { targetName, targetsOf } from '../../src/postgres/targets.ts';

const names = (settings: Record<string, string>) => targetsOf(settings).map(targetName);

describe('targetsOf', () => {
  it('gives each host its port, or all of them the same one', () => {
    expect(names({ host: 'a,b', port: '1,2' })).toEqual(['a:1', 'b:2']);
    expect(names({ host: 'a,b', port: '1' })).toEqual(['a:1', 'b:1']);
    expect(names({ host: 'a,b', port: '1,' })).toEqual(['a:1', 'b:5432']);
  });

  it('connects to hostaddr, and keeps the host as the name to check against', () => {
    expect(targetsOf({ host: 'a', hostaddr: '10.0.0.1' })).toEqual([
      { host: 'a', port: 5432, address: '10.0.0.1', socketPath: undefined },
    ]);
    expect(names({ hostaddr: '::1,10.0.0.1' })).toEqual(['[::1]:5432', '10.0.0.1:5432']);
  });

  it('finds the file of a unix socket', () => {
    expect(targetsOf({ host: '/run/pg', port: '5433' })[0]?.socketPath).toBe('/run/pg/.s.PGSQL.5433');
    expect(targetsOf({ host: '@pg' })[0]?.socketPath).toBe('\0pg/.s.PGSQL.5432');
    expect(targetsOf({})[0]?.socketPath).toMatch(/\/\.s\.PGSQL\.5432$/);
  });

  it.each([
    [{ host: 'a,b', port: '1,2,3' }, 'could not match 3 port numbers to 2 hosts'],
    [{ host: 'a,b', hostaddr: '10.0.0.1' }, 'could not match 2 host names to 1 hostaddr values'],
    [{ port: '0' }, 'invalid port number in the conninfo'],
    [{ port: '65536' }, 'invalid port number in the conninfo'],
    [{ port: 'secret' }, 'invalid port number in the conninfo'],
  ])('refuses %j: %s', (settings, message) => {
    expect(() => targetsOf(settings)).toThrow(message);
  });

  it('shuffles the hosts where load balancing is asked for', () => {
    const host = Array.from({ length: 30 }, (_unused, index) => `h${index}`).join(',');
    const shuffled = names({ host, load_balance_hosts: 'random' });
    expect(shuffled).not.toEqual(names({ host }));
    expect([...shuffled].sort()).toEqual(names({ host }).sort());
  });
});
