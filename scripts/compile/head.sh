#!/bin/sh
# fairlead @VERSION@ for @TARGET@, in one file: this head, the program, and Deno @DENO@.
# The first start unpacks it into a folder below one of
#   $FAIRLEAD_CACHE | $XDG_CACHE_HOME/fairlead | $HOME/.cache/fairlead | ${TMPDIR:-/tmp}/fairlead-UID
# and each start runs what lies there. What a start does uses nothing but the shell; to unpack takes
# mkdir, chmod and dd (or tail and head), be they coreutils' or busybox's.

# Deno doesn't start where its folder has been removed. (One that we may not search is fine.)
[ -d "$PWD" ] || [ "$(pwd -P 2>&-)" ] || {
  echo "fairlead: the current folder has been removed: go to another one" >&2
  exit 1
}

self=$0
name=@NAME@
line_feed='
'

# Calls "$1 PLACE" for each place that may hold the program, until one call succeeds.
in_each_place() {
  if [ -n "${FAIRLEAD_CACHE-}" ]; then
    "$1" "$FAIRLEAD_CACHE"
    return
  fi
  case ${XDG_CACHE_HOME-} in /*) "$1" "$XDG_CACHE_HOME/fairlead" && return ;; esac
  case ${HOME-} in /*) "$1" "$HOME/.cache/fairlead" && return ;; esac
  shared=${TMPDIR:-/tmp}/fairlead-$(id -u 2>&- || echo user)
  # Anybody may make a folder there: only one of our own counts.
  if [ -e "$shared" ] || [ -L "$shared" ]; then
    if [ -L "$shared" ] || [ ! -O "$shared" ]; then
      problems="$problems
  $shared: it belongs to somebody else"
      return 1
    fi
  fi
  "$1" "$shared"
}

# Whether the folder $dir holds the program, whole and untouched since it was unpacked.
is_ready() {
  [ -x "$dir/deno" ] && [ -e "$dir/complete" ] || return 1
  for part in deno dist dist/main.js dist/core.js dist/client.js dist/builds.js; do
    [ -s "$dir/$part" ] && [ ! "$dir/$part" -nt "$dir/complete" ] || return 1
  done
}

look_in() {
  dir=$1/$name
  is_ready
}

# No /dev/null is used: a bare root has none.
has() {
  found=$(command -v "$1")
}

# Runs $1, or busybox's, with the rest as its arguments.
tool() {
  if has "$1"; then
    "$@"
  elif has busybox; then
    busybox "$@"
  else
    echo "to unpack takes $1, and there is none" >&2
    return 127
  fi
}

# Writes @BLOCK@-byte blocks of this file into $1: from $2 on, $3 of them or all.
part() {
  if has dd || ! has tail; then
    # It counts on stderr also when all is well.
    said=$(tool dd "if=$self" "of=$1" bs=@BLOCK@ "skip=$2" ${3:+"count=$3"} 2>&1) && return
    echo "${said%%"$line_feed"*}" >&2
    return 1
  elif [ -n "${3-}" ]; then
    tail -c "+$(($2 * @BLOCK@ + 1))" "$self" | head -c "$(($3 * @BLOCK@))" >"$1"
  else
    tail -c "+$(($2 * @BLOCK@ + 1))" "$self" >"$1"
  fi
}

# Whether the process that unpacks into $partial has been killed. It may live on another system that
# shares the folder, or in another container: then two unpack, each for itself.
is_dead() {
  { read -r pid <"$partial/pid" && ! kill -0 "$pid"; } 2>&-
}

# Waits while another process unpacks into $partial; false when that takes too long, or fails.
wait_for_other() {
  tries=0
  while [ -d "$partial" ] && ! is_dead && [ $tries -lt 200 ]; do
    tries=$((tries + 1))
    tool sleep 0.1 2>&- || tool sleep 1 || return 1
    ! is_ready || return 0
  done
  is_ready
}

# Unpacks into the folder $partial, and lets Deno check it and move it to $dir.
unpack_parts() {
  part "$partial/unpack.js" @UNPACK@ &&
    part "$partial/deno" @DENO_AT@ &&
    tool chmod 755 "$partial/deno" || return 1
  whole="this file is for @UNAME@, and of @SIZE@ bytes"
  # A shell takes an empty file for a script that does nothing.
  [ -s "$partial/deno" ] || { echo "Deno is missing ($whole)" >&2 && return 1; }
  set -- run -A --quiet --no-config --no-lock "$partial/unpack.js" \
    "$self" "$partial" "$dir" @PROGRAM@
  said=$(DENO_DIR=$partial/cache "$partial/deno" "$@" 2>&1) && return
  status=$?
  # 127 is the loader's: there is no libgcc.
  if [ $status -eq 127 ] && [ -n "@LIBRARY@" ]; then
    tool mkdir "$partial/lib" && part "$partial/lib/libgcc_s.so.1" @LIBRARY@ || return 1
    said=$(DENO_DIR=$partial/cache LD_LIBRARY_PATH=$partial/lib "$partial/deno" "$@" 2>&1) && return
    status=$?
  fi
  case @TARGET@ in
  linux-*) [ -e /proc/self/exe ] || said="Deno needs /proc, which is not mounted" ;;
  esac
  [ $status -lt 126 ] || said="${said:-Deno does not run} ($whole)"
  echo "${said:-Deno ended with exit code $status}" >&2
  return 1
}

unpack_into() {
  place=$1
  dir=$place/$name
  partial=$place/.unpacking-$name
  if ! reason=$(tool mkdir -p "$place" 2>&1); then
    add_problem
    return 1
  fi
  own=$place/.unpacking-$name.$$
  until reason=$(tool mkdir "$partial" 2>&1); do
    if [ "$partial" = "$own" ]; then
      add_problem
      return 1
    fi
    ! wait_for_other || return 0
    # Of all that wait for one that was killed, one goes on, and the others wait for that.
    if is_dead; then partial=$partial-; else partial=$own; fi
  done
  { echo $$ >"$partial/pid"; } 2>&-
  if ! reason=$(unpack_parts 2>&1); then
    clean
    # Another start may have taken this one for dead.
    ! is_ready || return 0
    add_problem
    return 1
  fi
  clean
}

clean() {
  [ ! -d "$partial" ] || tool rm -rf "$partial"
}

# Adds the last line of $reason.
add_problem() {
  problems="$problems
  $place: ${reason##*"$line_feed"}"
}

in_each_place look_in || {
  problems=
  partial=
  mask=$(umask)
  umask 022
  trap 'clean; exit 130' INT
  trap 'clean; exit 143' TERM HUP
  in_each_place unpack_into || {
    hint="set FAIRLEAD_CACHE to a folder on a disk that has @SPACE@ MB to spare and isn't mounted noexec"
    machine=$(tool uname -sm 2>&-) && [ "$machine" != "@UNAME@" ] &&
      hint="this machine is $machine: get the file for that"
    echo "fairlead: cannot unpack itself:$problems
hint: $hint" >&2
    exit 1
  }
  trap - INT TERM HUP
  umask "$mask"
}

if [ -d "$dir/lib" ]; then
  export LD_LIBRARY_PATH="$dir/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
# What `fairlead install` makes docker's plugin of, and the name that we were called by.
case $self in
/*) export FAIRLEAD_PROGRAM="$self" ;;
*) export FAIRLEAD_PROGRAM="$PWD/$self" ;;
esac
export FAIRLEAD_NAME="${self##*/}"
# The program gives its children back the DENO_DIR that it was started with.
export FAIRLEAD_DENO_DIR="${DENO_DIR-}"
export DENO_DIR="$dir/cache" DENO_NO_UPDATE_CHECK=1
exec "$dir/deno" @FLAGS@ "$dir/dist/main.js" "$@"
exit 1
