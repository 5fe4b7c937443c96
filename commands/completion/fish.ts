/** fish 3. By itself, fish adds no blank after words that end in one of \`/=@:.,-\`. */
export const script = `# fish completion for fairlead:  fairlead completion fish | source
function __fairlead_complete
  set -l words (commandline -opc)
  # The word is as typed: it may begin with a quote, or contain backslashes.
  set -l word (commandline -ct)
  if string match -qr '^[\\'"]' -- "$word"
    set word (string sub -s 2 -- $word)
  else
    set word (string unescape -- "$word"; or echo $word)
  end
  set -l lines ($words[1] __complete $words[2..] "$word" 2>/dev/null)
  or return
  set -l directive (string replace : '' -- $lines[-1])
  set -e lines[-1]
  for line in $lines
    echo $line
  end
  if test (math "bitand($directive, 16)") -ne 0
    __fish_complete_directories (string replace -r '^--[^=]*=' '' -- "$word")
  else if test (math "bitand($directive, 4)") -eq 0
    __fish_complete_path (string replace -r '^--[^=]*=' '' -- "$word")
  end
end
complete -c fairlead -f -a '(__fairlead_complete)'
`;
