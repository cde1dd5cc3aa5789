import { expect, it } from 'vitest';
import { findAccount } from '../../src/sandbox/user.ts';

const passwd =
  'root:x:0:0:root:/root:/bin/sh\npostgres:x:101:104::/var/lib/postgresql:/bin/sh\nbad:x:one:2::/:\n';

it('finds the numbers of an account, and none for root or a damaged line', () => {
  expect(findAccount(passwd, 'postgres')).toEqual({ uid: 101, gid: 104 });
  expect(findAccount(passwd, 'nobody')).toBeUndefined();
  expect(findAccount(passwd, 'root')).toBeUndefined();
  expect(findAccount(passwd, 'bad')).toBeUndefined();
});
