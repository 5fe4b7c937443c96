#!/bin/sh
# Installs fairlead. The script picks the binary for this machine, checks its checksum, and puts it
# into a folder of yours.
#
#   curl -fsSL https://github.com/fairlead/fairlead/releases/latest/download/install.sh | sh
#   sh install.sh --dir ~/bin --version v0.1.0
#   sh install.sh --launcher     # unpacks it at once, and leaves a file of 64 KiB in the folder
#
# It downloads the smallest form that this machine can unpack: .xz, .gz, or the file as it is. It runs
# in any POSIX shell, busybox's too, and the file that it installs runs on any libc.
#
# The script never asks for root's rights. As root it does nothing without --as-root, which installs
# into /usr/local/bin.
set -eu

main() {
  base=${FAIRLEAD_DOWNLOAD:-https://github.com/fairlead/fairlead/releases}
  version=latest dir='' as_root='' launcher=
  while [ $# -gt 0 ]; do
    case $1 in
    --dir=?* | --version=?*)
      value=${1#*=}
      case $1 in --dir*) dir=$value ;; *) version=$value ;; esac
      ;;
    --dir | --version)
      [ $# -gt 1 ] || fail "$1 needs a value"
      case $1 in --dir) dir=$2 ;; *) version=$2 ;; esac
      shift
      ;;
    --as-root) as_root=1 ;;
    --launcher) launcher=1 ;;
    -h | --help)
      echo "usage: install.sh [--dir FOLDER] [--version vX.Y.Z] [--as-root] [--launcher]"
      exit 0
      ;;
    *) fail "unknown option $1 (--dir FOLDER, --version vX.Y.Z, --as-root, --launcher)" ;;
    esac
    shift
  done

  if [ "$(id -u)" = 0 ]; then
    [ "$as_root" ] || fail "you are root; if that is meant, say so: sh install.sh --as-root," \
      "or curl … | sh -s -- --as-root, for /usr/local/bin"
    dir=${dir:-/usr/local/bin}
  fi
  [ "$dir${XDG_BIN_HOME-}${HOME-}" ] || fail "HOME is not set: name a folder with --dir"
  dir=${dir:-${XDG_BIN_HOME:-$HOME/.local/bin}}
  # The spelling that PATH has.
  case $dir in /*) ;; *) dir=$PWD/$dir ;; esac
  dir=${dir%/}
  name=$(asset)
  case $version in
  latest) from=$base/latest/download ;;
  v*) from=$base/download/$version ;;
  *) fail "a version is written v0.1.0, not $version" ;;
  esac

  mkdir -p "$dir" 2>/dev/null || fail "cannot make the folder $dir; name another with --dir"
  [ ! -d "$dir/fairlead" ] || fail "$dir/fairlead is a folder; name another place with --dir"
  # In the same folder, so that the last step is a rename.
  work=$(mktemp -d "$dir/.fairlead.XXXXXX" 2>/dev/null) ||
    fail "cannot write into $dir; name another folder with --dir"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM HUP
  fetch "$from/SHA256SUMS" "$work/SHA256SUMS"
  fetch_program
  check "$work" "$name"
  chmod 755 "$work/$name"
  [ ! "$launcher" ] || make_launcher
  mv -f "$work/$name" "$dir/fairlead"
  echo "installed $dir/fairlead ($version)"
  case :$PATH: in
  *:"$dir":*) ;;
  *) echo "$dir is not in PATH: add it, or call $dir/fairlead" ;;
  esac
}

# Prints the name of the release's file for this machine.
asset() {
  system=$(uname -s) machine=$(uname -m)
  case $machine in
  x86_64 | amd64) machine=x64 ;;
  aarch64 | arm64) machine=arm64 ;;
  *) fail "there is no binary for $machine; with Deno of your own, run fairlead.js" ;;
  esac
  case $system in
  Linux) echo "fairlead-linux-$machine" ;;
  Darwin) echo "fairlead-macos-$machine" ;;
  MINGW* | MSYS* | CYGWIN*) fail "on Windows, download fairlead-windows-x64.exe from $base" ;;
  *) fail "there is no binary for $system; with Deno of your own, run fairlead.js" ;;
  esac
}

# Downloads the file, packed if this machine can unpack it, as "$work/$name".
fetch_program() {
  for tool in "xz xz" "gz gzip"; do
    packed=$name.${tool% *} unpack=${tool#* }
    command -v "$unpack" >/dev/null 2>&1 || continue
    # Old releases have only the unpacked file.
    grep -q "  $packed\$" "$work/SHA256SUMS" || continue
    fetch "$from/$packed" "$work/$packed"
    check "$work" "$packed"
    "$unpack" -dc "$work/$packed" >"$work/$name" || fail "cannot unpack $packed in $dir (see above)"
    rm -f "$work/$packed"
    return
  done
  fetch "$from/$name" "$work/$name"
}

# Keeps only the first block of "$work/$name": a shell script that runs what the first start unpacked.
make_launcher() {
  "$work/$name" version >/dev/null || fail "the first start failed (see above); not installed"
  head -c 65536 "$work/$name" >"$work/launcher" || fail "cannot write into $dir; not installed"
  chmod 755 "$work/launcher"
  mv -f "$work/launcher" "$work/$name"
}

# fetch URL FILE: a server that says nothing for 30 s ends it, and so does the third failure.
fetch() {
  if command -v curl >/dev/null 2>&1; then
    curl -fsSL --retry 2 --connect-timeout 30 --speed-limit 1 --speed-time 30 -o "$2" "$1" ||
      fail "cannot download $1"
  elif command -v wget >/dev/null 2>&1; then
    # Only GNU's wget has tries, 20 of them unless told. busybox's may be built without timeouts.
    limits=
    case $(wget --help 2>&1) in *-T*) limits="-T 30" ;; esac
    case $(wget --help 2>&1) in *--tries*) limits="$limits --tries=3" ;; esac
    # shellcheck disable=SC2086 # words
    wget -q $limits -O "$2" "$1" || fail "cannot download $1"
  else
    fail "neither curl nor wget is here: install one, or download $from/$name yourself"
  fi
}

# check FOLDER NAME: compares the file's checksum with the one in SHA256SUMS.
check() {
  wanted=$(sed -n "s/^\([0-9a-f]\{64\}\) [ *]$2\$/\1/p" "$1/SHA256SUMS")
  [ "$wanted" ] || fail "SHA256SUMS of the release says nothing of $2"
  if command -v sha256sum >/dev/null 2>&1; then
    got=$(sha256sum "$1/$2")
  elif command -v shasum >/dev/null 2>&1; then
    got=$(shasum -a 256 "$1/$2")
  elif command -v openssl >/dev/null 2>&1; then
    got=$(openssl dgst -sha256 -r "$1/$2")
  else
    fail "nothing here computes SHA-256 (sha256sum, shasum, openssl): not installed"
  fi
  [ "${got%% *}" = "$wanted" ] ||
    fail "$2 is damaged: its checksum is ${got%% *}, and the release's is $wanted; not installed"
}

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

# A script that was only partly downloaded must do nothing.
main "$@"
