#!/bin/sh
# Holds the throughput of a pull request to that of its base (docs/ci.md):
#
#   hold.sh NEW_URL BASE_URL [OPTIONS of `unrig compare`]
#
# Both are served on this machine by whoever calls this. First the base is compared with itself:
# where no difference may look like one that is not allowed, nobody can be held to it here, and the
# end is 98. Exit codes are unrig's: 0 held, 99 not held, 98 undecided.
#
# LEAST and MOST (0.95, 1.05): what the base over itself has to lie between; LEAST is also the least
# ratio of new to base. OUT (unrig-ci): the folder for junit.xml and summary.md. UNRIG: the program.
set -eu
new=$1 base=$2
shift 2
: "${UNRIG:=unrig}" "${LEAST:=0.95}" "${MOST:=1.05}" "${OUT:=unrig-ci}"
mkdir -p "$OUT"

# Keeps what was found last, where something was measured.
keep() {
  case $status in 0 | 98 | 99) ;; *) return 0 ;; esac
  "$UNRIG" export last --format junit -o "$OUT/junit.xml"
  "$UNRIG" export last --format markdown -o "$OUT/summary.md"
}

status=0
"$UNRIG" compare "$base" "$base" --gate "ratio > $LEAST" --gate "ratio < $MOST" "$@" || status=$?
keep
if [ "$status" = 98 ] || [ "$status" = 99 ]; then
  echo "hold.sh: the base is not surely within $LEAST and $MOST of itself: measure for longer" \
    "(--blocks auto), on a quieter machine, or hold to less (LEAST, MOST)" >&2
  exit 98
fi
[ "$status" = 0 ] || exit "$status"

"$UNRIG" compare "$new" "$base" --gate "ratio >= $LEAST" --gate "$new: failed = 0" "$@" || status=$?
keep
exit "$status"
