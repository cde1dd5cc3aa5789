/**
 * What the guard does, in bash: it has to go on where repmgrd hangs, and to stay small. It starts no program but psql
 * before it acts, and counts by /proc/uptime, which goes on while the host is suspended.
 *
 * Arguments: data directory, pid of the postmaster and its start time (field 22 of /proc/PID/stat), the guard's own
 * file, psql, the contact that a yes gives (hundredths of a second), the file that makes the next start read-only, and
 * what to write into it where it is not there, and how much time may be lost unseen (hundredths of a second).
 * Each line of its input: the deadline (hundredths since the boot), a tab, and the condition that is asked for, empty
 * where it is still the same; `end`.
 */
export const guardScript = String.raw`
data=$1 pid=$2 start=$3 file=$4 psql=$5 contact=$6 mark=$7 marking=$8 bearable=$9
deadline=0 condition=false yes=0 orphaned='' answer='' partial='' ahead=0 noted=0
exec {never}<> <(:)
# The wall clock, which bash knows from version 5 on, is so far ahead of the time since the boot.
clock() {
  local up real; read -r up _ < /proc/uptime; real=${'$'}{EPOCHREALTIME/[.,]/}
  up=${'$'}{up/./}; now=$((10#$up)); [[ ! $real ]] || ahead=$((real / 10000 - now))
}
# A machine that was stopped from outside shows it by the wall clock alone; a busy one reads two clocks far apart.
slept() {
  local try
  for try in 1 2 3; do
    ((ahead - noted > bearable || noted - ahead > bearable)) || return 1
    clock
  done
}
started() {
  local line; { read -r line < "/proc/$1/stat"; } 2>/dev/null || return 1
  set -- ${'$'}{line##*) }; began=${'$'}{20}; [[ $1 != [ZX] ]]
}
lives() { started "$pid" && [[ $began == "$start" ]]; }
started $$; born=$began
note() {
  noted=$ahead
  printf '%s %s %s %s %s %s %s\n' $$ "$born" "$pid" "$start" "$deadline" "$yes" "$noted" > "$file"
}
take() {
  case $1 in
    end) exit 0 ;;
    *$'\t'*) deadline=${'$'}{1%%$'\t'*}; [[ $1 == *$'\t' ]] || condition=${'$'}{1#*$'\t'}; clock; note ;;
  esac
}
# Waits so many hundredths for a line.
listen() {
  local line seconds status; printf -v seconds '%d.%02d' $(($1 / 100)) $(($1 % 100))
  if [[ $orphaned ]]; then read -r -t "$seconds" -u "$never" line; return 0; fi
  IFS= read -r -t "$seconds" line
  status=$?
  # What was read when the time was over is the beginning of the next line.
  line=$partial$line partial=''
  if ((status == 0)); then take "$line"; elif ((status > 128)); then partial=$line; else orphaned=yes; fi
}
ask() {
  local out; answer=''
  exec {out}< <(exec "$psql" -XqAt -v ON_ERROR_STOP=1 2>/dev/null <<SQL
SET synchronous_commit = local;
SELECT pg_logical_emit_message(true, 'repmgr', 'guard')::text AS lsn \gset
SELECT set_config('repmgr.guard_lsn', :'lsn', false) \g /dev/null
DO \$guard\$
BEGIN
  FOR look IN 1..12 LOOP
    IF $condition THEN RETURN; END IF;
    PERFORM pg_sleep(0.02);
  END LOOP;
  RAISE EXCEPTION 'too few standbys answer';
END \$guard\$;
\echo yes
SQL
  )
  local child=$!
  read -r -t 0.28 -u "$out" answer
  kill -KILL "$child" 2>/dev/null
  exec {out}<&-
}
release() {
  local auto=$data/postgresql.auto.conf
  grep -q "^synchronous_standby_names = 'repmgr_hold'" "$auto" 2>/dev/null || return 0
  sed -e "/^synchronous_standby_names = 'repmgr_hold'/d" \
      -e "/^repmgr\.replaced_synchronous_standby_names = 'none'/d" \
      -e "s/^repmgr\.replaced_synchronous_standby_names = '=/synchronous_standby_names = '/" \
      "$auto" > "$auto.guard" && chmod 600 "$auto.guard" && mv "$auto.guard" "$auto" && kill -HUP "$pid"
}
kill_all() {
  local process name found=1
  for process in /proc/[0-9]*; do
    { read -r name < "$process/comm"; } 2>/dev/null || continue
    [[ $name == postgres || $name == postmaster ]] || continue
    [[ $process/cwd -ef $data ]] || continue
    kill -KILL "${'$'}{process#/proc/}" 2>/dev/null && found=0
  done
  return $found
}
fence() {
  local tries=0 ended=''
  [[ -e $mark ]] || printf '%s' "$marking" > "$mark"
  lives && kill -QUIT "$pid" && ended=yes
  while ((tries++ < 30)) && lives; do read -r -t 0.01 -u "$never" _; done
  tries=0
  while ((tries++ < 50)) && kill_all; do read -r -t 0.01 -u "$never" _; done
  # For the next repmgrd: nobody else can tell of it.
  [[ ! $ended ]] || printf '%(%s)T\n' -1 > "$file.acted"
  exit 0
}
while :; do
  clock
  # Of a postmaster that is gone nothing may go on; repmgrd sees to that where it is there.
  if ! lives; then
    [[ $orphaned ]] && fence
    exit 0
  fi
  # What was known before counts for nothing; where repmgrd is there it judges for itself.
  if [[ $orphaned ]] && slept; then deadline=$((deadline < now ? deadline : now)) yes=0; note; fi
  wait=$((deadline - 30 - now))
  if ((deadline == 0 || wait > 0)); then
    ((deadline == 0 || wait > 50)) && wait=50
    listen "$wait"
    continue
  fi
  asked=$now before=$deadline
  ask
  clock
  if [[ $answer == yes ]]; then yes=$asked; note; fi
  # Renewed meanwhile.
  listen 1
  ((deadline > before)) && continue
  [[ $answer == yes ]] && release
  # Asked again while there is time for an answer, so that the end of the last word is not slept through.
  until=$((yes + contact > deadline ? yes + contact : deadline)) wait=$((until - 30 - now))
  if ((wait > 0)); then
    listen $((wait < contact / 4 ? wait : contact / 4))
    continue
  fi
  while clock; ((now < until)); do
    listen 1
    ((deadline > before)) && continue 2
  done
  fence
done
`;
