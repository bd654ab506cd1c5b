#compdef unrig
# Completion of unrig's command line for zsh.
#
# What may come next is asked of unrig itself, which offers only words that no shell has to quote.
# Nothing that it prints is evaluated here.
_unrig() {
  local candidate help files
  local -a whole shown begun begun_shown
  while IFS=$'\t' read -r candidate help; do
    case $candidate in
      :files) files=_files ;;
      :folders) files='_files -/' ;;
      *=)  # a value comes right behind
        begun+=("$candidate")
        begun_shown+=("$candidate${help:+  -- $help}") ;;
      *)
        whole+=("$candidate")
        shown+=("$candidate${help:+  -- $help}") ;;
    esac
  done < <(command unrig __complete "${(@Q)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)
  (( $#whole )) && compadd -l -d shown -a whole
  (( $#begun )) && compadd -l -d begun_shown -S '' -a begun
  case $files in
    _files) _files ;;
    '_files -/') _files -/ ;;
  esac
}
if [[ $funcstack[1] == _unrig ]]; then
  _unrig "$@"
else
  compdef _unrig unrig
fi
