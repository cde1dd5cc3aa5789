import { describe, expect, it } from 'vitest';
import {
  formatHostBasedRule,
  type HostBasedRule,
  minimalHostBasedRules,
} from '../../src/postgres/host-based-rules.ts';

const rule: HostBasedRule = {
  type: 'host',
  database: ['all'],
  user_name: ['all'],
  address: '10.0.0.0',
  netmask: '255.0.0.0',
  auth_method: 'scram-sha-256',
  options: null,
};
const local = { ...rule, type: 'local', address: null, netmask: null, auth_method: 'peer' };

describe('a rule of pg_hba.conf', () => {
  it.each<readonly [HostBasedRule, string]>([
    [rule, 'host all all 10.0.0.0 255.0.0.0 scram-sha-256'],
    [local, 'local all all peer'],
    [{ ...rule, address: 'samenet', netmask: null }, 'host all all samenet scram-sha-256'],
    [{ ...rule, address: '.example.com', netmask: null }, 'host all all .example.com scram-sha-256'],
    [
      { ...local, database: ['a', 'with space'], user_name: [`it's`, '+group', '+odd group', 'say "hi"'] },
      `local a,"with space" "it's",+group,+"odd group","say ""hi""" peer`,
    ],
    [{ ...local, user_name: ['/^(a|b),c$'] }, 'local all "/^(a|b),c$" peer'],
    [{ ...local, database: ['#', ''] }, 'local "#","" all peer'],
    [
      {
        ...rule,
        type: 'hostssl',
        auth_method: 'ldap',
        options: ['ldapserver=a', 'ldapprefix=cn=', 'ldapsuffix=, dc=x'],
      },
      'hostssl all all 10.0.0.0 255.0.0.0 ldap ldapserver=a ldapprefix=cn= "ldapsuffix=, dc=x"',
    ],
  ])('is written as the server reads it: %#', (given, line) => {
    expect(formatHostBasedRule(given)).toBe(line);
  });

  it('lets one role in, where no others are known, whatever it is called', () => {
    const names = { database: 'replication', user: 'all', superuser: 'po"st' };
    expect(minimalHostBasedRules(names, 'md5')).toBe(
      'local all "po""st" peer\nlocal "replication" "all" md5\nhost "replication" "all" all md5\n',
    );
  });
});
