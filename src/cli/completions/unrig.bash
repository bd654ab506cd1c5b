# Completion of unrig's command line for bash.
#
# What may come next is asked of unrig itself, which offers only words that no shell has to quote.
# Nothing that it prints is evaluated here.
_unrig() {
  local line=${COMP_LINE:0:COMP_POINT} candidate help
  local -a words
  read -ra words <<<"$line"
  # A new word begins after a blank.
  [[ $line == *[[:space:]] ]] && words+=('')
  local current=${words[${#words[@]}-1]}
  # Readline puts a candidate behind the last of these in the word; in the place of an @, which is one.
  local kept=${current%"${current##*[$COMP_WORDBREAKS]}"}
  kept=${kept%@}
  COMPREPLY=()
  while IFS=$'\t' read -r candidate help; do
    case $candidate in
      :files) compopt -o default ;;
      :folders) compopt -o dirnames ;;
      *) COMPREPLY+=("${candidate#"$kept"}") ;;
    esac
  done < <(command unrig __complete "${words[@]:1}" 2>/dev/null)
  # A value comes right behind.
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
  return 0
}
complete -F _unrig unrig
