# shellcheck shell=sh
# Checks who can write to a folder: another user who can write there can replace the program in it.
# `scripts/deno` sources this file, and the head of a self-extracting binary contains it.

# Succeeds if no other user can change or replace the folder $1. Root may, and so may the owner of
# /, who is root unless user ids are mapped. On failure, $distrust says why.
#
# $1 is an absolute path without links, as `pwd -P` gives it. $2 is the program that lists: ls.
# shellcheck disable=SC3067 # every sh in use has -O
trusted() {
  distrust=
  last=$1 rest=$1 list=${2:-ls}
  line_end='
'
  case $last in *"$line_end"*)
    distrust="its path has a line feed"
    return 1
    ;;
  esac
  mode_and_owner() {
    mode=$1 owner=$3
  }
  set --
  while [ "$rest" ]; do
    set -- "$rest" "$@"
    rest=${rest%/*}
  done
  if ! listing=$(LC_ALL=C "$list" -ldn / "$@" 2>&1); then
    distrust="ls can't show whose it is: ${listing%%"$line_end"*}"
    return 1
  fi
  top_owner=
  while [ "$listing" ]; do
    line=${listing%%"$line_end"*}
    case $listing in *"$line_end"*) listing=${listing#*"$line_end"} ;; *) listing= ;; esac
    path=/${line#*/}
    set -f
    # shellcheck disable=SC2086 # words
    mode_and_owner $line
    set +f
    top_owner=${top_owner:-$owner}
    if [ "$owner" != 0 ] && [ "$owner" != "$top_owner" ] && ! [ -O "$path" ]; then
      distrust="$path belongs to another user ($owner)"
      return 1
    fi
    case $mode in
    d????w* | d???????w*)
      # In a sticky folder nobody can move the files of others.
      case $mode in
      d????????[tT]*) [ "$path" = "$last" ] || continue ;;
      esac
      distrust="other users can write to $path ($mode)"
      return 1
      ;;
    d*) ;;
    *)
      # shellcheck disable=SC2034 # read by the caller
      distrust="$path is no folder"
      return 1
      ;;
    esac
  done
}
