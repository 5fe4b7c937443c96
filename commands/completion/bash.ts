/**
 * bash 3.2 and later. It takes words apart at `=` and `:`, which stand in endpoints and flags: the line is
 * read anew, and what bash holds to be the word's beginning is cut off what is offered.
 */
export const script = `# bash completion for fairlead:  source <(fairlead completion bash)
_fairlead() {
  local line=\${COMP_LINE:0:COMP_POINT} words word begun out value directive
  COMPREPLY=()
  read -r -a words <<<"$line"
  case $line in
  *[[:space:]]) words+=("") ;;
  esac
  word=\${words[\${#words[@]}-1]}
  # What bash takes for words of their own, up to the last mark.
  begun=\${word%"\${word##*[=:]}"}
  out=$("\${words[0]/#\\~/$HOME}" __complete "\${words[@]:1}" 2>/dev/null) || return
  directive=\${out##*:}
  out=\${out%:*}
  while IFS= read -r value; do
    value=\${value%%$'\\t'*}
    [[ $value ]] && COMPREPLY+=("\${value#"$begun"}")
  done <<<"$out"
  if ((directive & 2)); then compopt -o nospace 2>/dev/null; fi
  if ((directive & 16)); then
    compopt -o filenames 2>/dev/null
    while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -d -- "\${word#"$begun"}")
  elif ! ((directive & 4)); then
    compopt -o filenames 2>/dev/null
    while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "\${word#"$begun"}")
  fi
}
complete -F _fairlead fairlead
`;
