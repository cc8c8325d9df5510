#!/bin/sh
# Stops what its owner started when the owner is gone, however it went (`kill -9` included): the pipe on stdin then ends.
#   + <pid> <signal> <stage>   watch this process; it is stopped by that signal, higher stages first
#   - <pid>                    it has ended
# A shell, not Node: it costs a megabyte, and survives what ends all Node processes at once.
trap '' HUP INT TERM

members=''
while read -r verb pid signal stage; do
  case $verb in
  +) members="$members $pid:$signal:$stage" ;;
  -)
    rest=''
    for member in $members; do
      [ "${member%%:*}" = "$pid" ] || rest="$rest $member"
    done
    members=$rest
    ;;
  esac
done

# Its owner is gone, so what ends may stay a zombie for a while; kill -0 takes that for alive.
alive() {
  kill -0 "$1" 2>/dev/null || return 1
  [ -r "/proc/$1/stat" ] && read -r stat <"/proc/$1/stat" || return 0
  case ${stat##*) } in Z*) return 1 ;; esac
}

any_alive() {
  for member in $members; do
    [ "${member##*:}" = "$1" ] && alive "${member%%:*}" && return 0
  done
  return 1
}

send() {
  for member in $members; do
    pid=${member%%:*}
    signal=${member#*:}
    signal=${signal%%:*}
    [ "${member##*:}" = "$1" ] && kill -s "${2:-$signal}" "$pid" 2>/dev/null
  done
}

for stage in 3 2 1; do
  send "$stage"
  tries=0
  # 5 s for each stage, then the hard way.
  while [ "$tries" -lt 50 ] && any_alive "$stage"; do
    sleep 0.1
    tries=$((tries + 1))
  done
  any_alive "$stage" && send "$stage" KILL
done
exit 0
