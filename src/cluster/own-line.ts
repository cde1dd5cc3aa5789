/** Command lines of repmgr.conf that run repmgr itself: repmgrd does what they say by its own means, at once. */

/**
 * Pure: whether a line runs nothing but repmgr with these words, such as `standby promote`, which is how repmgr wants
 * promote_command and follow_command to be set. Output that goes elsewhere makes no difference.
 */
export function runsOwnCommand(line: string, words: string): boolean {
  const bare = line.replaceAll(/\d?>{1,2}\s*(?:&\d|[^\s;&|<>`$()]+)/g, ' ').trim();
  const isOnlyCommand = !/[;&|<>`$()\n]/.test(bare);
  const [program = '', ...rest] = bare.split(/\s+/);
  const isRepmgr = /^(?:["']?)(?:\S*\/)?repmgr(?:["']?)$/.test(program);
  return isOnlyCommand && isRepmgr && ` ${rest.join(' ')} `.includes(` ${words} `);
}
