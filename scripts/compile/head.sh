#!/bin/sh
{ # fairlead @VERSION@ for @TARGET@, in one file: this head, the program, and Deno @DENO@.
# The brace makes a syntax error of a head that is cut short. Without it, the shell would run its
# beginning, and succeed.
#
# The first start unpacks it into a folder below one of
#   $FAIRLEAD_CACHE | $XDG_CACHE_HOME/fairlead | $HOME/.cache/fairlead | ${TMPDIR:-/tmp}/fairlead-UID
# and each start runs the files in that folder. A start needs only the shell. Unpacking needs mkdir,
# chmod, ls and dd (or tail and head), from coreutils or from busybox.

# Deno doesn't start in a folder that was removed. (It does start in a folder that we may not
# search.)
[ -d "$PWD" ] || [ "$(pwd -P 2>&-)" ] || {
  echo "fairlead: the current folder has been removed: go to another one" >&2
  exit 1
}

case @TARGET@ in
linux-*)
  [ -e /proc/self/exe ] || {
    echo "fairlead: /proc is not mounted, and Deno needs it: mount -t proc proc /proc" >&2
    exit 1
  }
  ;;
esac

self=$0
name=@NAME@
line_feed='
'
problems=
users_path=${PATH-}
[ "$users_path" ] || PATH=/usr/bin:/bin

# Calls "$1 FOLDER" for each folder that may hold the program, until one call succeeds.
in_each_place() {
  if [ -n "${FAIRLEAD_CACHE-}" ]; then
    case $FAIRLEAD_CACHE in
    /*) "$1" "$FAIRLEAD_CACHE" 755 ;;
    *) place=$FAIRLEAD_CACHE && add_problem "FAIRLEAD_CACHE must be an absolute path" && return 1 ;;
    esac
    return
  fi
  case ${XDG_CACHE_HOME-} in /*) "$1" "$XDG_CACHE_HOME/fairlead" 700 && return ;; esac
  case ${HOME-} in /*) "$1" "$HOME/.cache/fairlead" 700 && return ;; esac
  case ${TMPDIR-} in /*) shared=$TMPDIR ;; *) shared=/tmp ;; esac
  shared=$shared/fairlead-$(tool id -u 2>&- || echo user)
  # Anybody can make a link there that leads to another folder of this user.
  if [ -L "$shared" ]; then
    place=$shared && add_problem "it is a link"
    return 1
  fi
  "$1" "$shared" 700
}

# Succeeds if $dir holds the whole program, unchanged and not moved since it was unpacked.
is_ready() {
  # `read` would wait at a pipe of that name.
  [ -x "$dir/deno" ] && [ -f "$dir/complete" ] || return 1
  read -r unpacked <"$dir/complete" || return 1
  [ "$unpacked" = "$dir" ] || [ "$unpacked/deno" -ef "$dir/deno" ] || return 1
  for part in deno @LOADER@ dist dist/main.js dist/core.js dist/client.js dist/builds.js; do
    [ -s "$dir/$part" ] && [ ! "$dir/$part" -nt "$dir/complete" ] || return 1
  done
}

# Succeeds if nobody else can change the files in $dir.
is_ours() {
  # The unpacker has checked this path and every folder above it. Nobody else can have made our
  # files there since then.
  [ "$unpacked" = "$dir" ] && [ -O "$dir" ] && [ -O "$dir/complete" ] && [ -O "$dir/deno" ] && return
  # Root may own it, for example. Then the program runs by the path without links.
  dir=$(cd -P "$dir" && pwd -P) || return 1
  trusted "$dir" list
}

look_in() {
  dir=$1/$name place=$1
  is_ready || return 1
  is_ours && return
  add_problem "$distrust"
  return 1
}

@TRUST@
# This script doesn't use /dev/null, which a bare root lacks.
has() {
  found=$(command -v "$1")
}

# Runs the tool $1, or busybox's, with the other arguments.
tool() {
  if has "$1"; then
    "$@"
  elif has busybox; then
    busybox "$@"
  elif [ -x /bin/busybox ]; then
    /bin/busybox "$@"
  else
    echo "to unpack takes $1, and there is none" >&2
    return 127
  fi
}

list() {
  tool ls "$@"
}

# Writes blocks of @BLOCK@ bytes of this file into $1: $3 blocks from block $2 on, or all the rest.
part() {
  if has dd || ! has tail; then
    # dd prints its counts on stderr even when it succeeds.
    said=$(tool dd "if=$self" "of=$1" bs=@BLOCK@ "skip=$2" ${3:+"count=$3"} 2>&1) && return
    echo "${said%%"$line_feed"*}" >&2
    return 1
  elif [ -n "${3-}" ]; then
    tail -c "+$(($2 * @BLOCK@ + 1))" "$self" | head -c "$(($3 * @BLOCK@))" >"$1"
  else
    tail -c "+$(($2 * @BLOCK@ + 1))" "$self" >"$1"
  fi
}

# Succeeds if the process that unpacks into $partial was killed. A process on another system, or in
# another container, counts as killed; then both unpack, each into a folder of its own.
is_dead() {
  { read -r pid <"$partial/pid" && ! kill -0 "$pid"; } 2>&-
}

# Waits while another process unpacks into $partial. Fails when that takes too long, or fails.
wait_for_other() {
  tries=0
  while [ -d "$partial" ] && ! is_dead && [ $tries -lt 200 ]; do
    tries=$((tries + 1))
    tool sleep 0.1 2>&- || tool sleep 1 || return 1
    ! is_ready || return 0
  done
  is_ready
}

# Runs the Deno that was just unpacked, without the user's libraries, which need the system's libc.
run_unpacked() {
  unset LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT
  export DENO_DIR="$partial/cache" DENO_NO_UPDATE_CHECK=1 NO_COLOR=1
  if [ -n "@LOADER@" ]; then
    "$partial/@LOADER@" --library-path "$partial/lib" "$partial/deno" "$@"
  else
    "$partial/deno" "$@"
  fi
}

# Unpacks into the folder $partial. Deno then checks the folder and moves it to $dir.
unpack_parts() {
  part "$partial/unpack.js" @UNPACK@ || return 1
  if ! [ -s "$partial/unpack.js" ]; then
    echo "this is the launcher alone, and what it starts is gone: install fairlead again" >&2
    return 1
  fi
  part "$partial/deno" @DENO_AT@ || return 1
  tool mkdir "$partial/lib" || return 1
  for library in @LIBRARIES@; do
    at=${library#*:}
    part "$partial/lib/${library%%:*}" "${at%:*}" "${at#*:}" || return 1
    tool chmod 755 "$partial/lib/${library%%:*}" || return 1
  done
  tool chmod 755 "$partial/deno" || return 1
  whole="this file is for @UNAME@, and of @SIZE@ bytes"
  # A shell runs an empty file as a script that does nothing.
  [ -s "$partial/deno" ] || { echo "Deno is missing ($whole)" >&2 && return 1; }
  said=$(run_unpacked run -A --quiet --no-config --no-lock --no-code-cache "$partial/unpack.js" \
    "$self" "$partial" "$dir" @PROGRAM@ 2>&1) && return
  status=$?
  # The unpacker exits with 3 when it has reported the problem itself.
  case $status$said in
  3*) ;;
  126*"ermission denied"*) said="no program may run there (Permission denied), as on a disk that is mounted noexec" ;;
  *) said="${said%%"$line_feed"*} (exit code $status; $whole; if it is damaged, download it again)" ;;
  esac
  echo "$said" >&2
  return 1
}

# Makes the folder $1 with mode $2, and its missing parents. `trusted` then checks the path without
# links, so another user can't redirect it by a link.
make_folder() {
  [ ! -d "$1" ] || return 0
  case $1 in
  /*/*) make_folder "${1%/*}" "$2" || return 1 ;;
  esac
  tool mkdir -m "$2" "$1" || [ -d "$1" ]
}

unpack_into() {
  place=$1
  if ! reason=$(make_folder "$place" "$2" 2>&1); then
    add_problem "$reason"
    return 1
  fi
  if ! real=$(cd -P "$place" 2>&1 && pwd -P); then
    add_problem "$real"
    return 1
  fi
  if ! trusted "$real" list; then
    add_problem "$distrust"
    return 1
  fi
  # The path without links is used, because another user may change a link at any time.
  dir=$real/$name
  partial=$real/.unpacking-$name
  own=$partial.$$
  until reason=$(tool mkdir -m 700 "$partial" 2>&1); do
    if [ "$partial" = "$own" ]; then
      add_problem "$reason"
      return 1
    fi
    if wait_for_other; then
      accept
      return
    fi
    # When the unpacking process was killed, one waiting process unpacks and the others wait for it.
    if is_dead; then partial=$partial-; else partial=$own; fi
  done
  { echo $$ >"$partial/pid"; } 2>&-
  if ! reason=$(unpack_parts 2>&1); then
    clean
    # Another start may have concluded that this one was killed.
    if is_ready; then
      accept
      return
    fi
    add_problem "$reason"
    return 1
  fi
  clean
  accept
}

# Checks the unpacked files again before they run.
accept() {
  if ! is_ready; then
    add_problem "what was unpacked is not there any more"
    return 1
  fi
  is_ours && return
  add_problem "$distrust"
  return 1
}

clean() {
  [ ! -d "$partial" ] || tool rm -rf "$partial"
}

# Appends the last line of $1.
add_problem() {
  problems="$problems
  $place: ${1##*"$line_feed"}"
}

in_each_place look_in || {
  problems=
  partial=
  mask=$(umask)
  umask 022
  trap 'clean; exit 130' INT
  trap 'clean; exit 143' TERM HUP
  in_each_place unpack_into || {
    hint="set FAIRLEAD_CACHE to a folder of yours, on a disk that has @SPACE@ MB to spare and isn't mounted noexec, in which no other user can write"
    machine=$(tool uname -sm 2>&-) && [ "$machine" != "@UNAME@" ] &&
      hint="this machine is $machine: get the file for that"
    case $problems in
    *"is damaged ("* | *"Deno is missing"*) hint="download the file again" ;;
    *"launcher alone"*) hint="without --launcher, and without install --self, the file unpacks itself again" ;;
    esac
    echo "fairlead: cannot unpack itself:$problems
hint: $hint" >&2
    exit 1
  }
  trap - INT TERM HUP
  umask "$mask"
}

# `fairlead install` copies this file as docker's plugin. The program also needs its own name.
case $self in
/*) export FAIRLEAD_PROGRAM="$self" ;;
*) export FAIRLEAD_PROGRAM="$PWD/$self" ;;
esac
export FAIRLEAD_NAME="${self##*/}"
# The program restores these variables for its children.
export FAIRLEAD_DENO_DIR="${DENO_DIR-}"
export DENO_DIR="$dir/cache" DENO_NO_UPDATE_CHECK=1
if [ -n "@LOADER@" ]; then
  # The user's libraries need the system's libc, but Deno runs on the libc of this file.
  export FAIRLEAD_LD_LIBRARY_PATH="${LD_LIBRARY_PATH-}" FAIRLEAD_LD_PRELOAD="${LD_PRELOAD-}"
  export LD_LIBRARY_PATH="$dir/lib"
  unset LD_PRELOAD
fi
PATH=$users_path
exec "$dir/deno" @FLAGS@ "$dir/dist/main.js" "$@"
exit 1
}
