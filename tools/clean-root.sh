# A clean system of its own, for tools/try-package and tools/try-suite, which source this first:
#
#   make_root SUITE [MIRROR]    by debootstrap, in the folder $ROOT
#   inside COMMAND …            runs it there, as root
#   apt COMMAND …               apt-get there, quietly
#
# As root. Whoever sources this runs once more, in namespaces of mounts and processes: whatever is
# mounted or started in them ends with the script. The folder goes after that, when nothing of this
# machine is mounted there any more. The network is this machine's.
if [[ -z ${UNRIG_CLEAN_ROOT:-} ]]; then
  UNRIG_CLEAN_ROOT=$(mktemp -d)
  trap 'rm -rf --one-file-system "$UNRIG_CLEAN_ROOT"' EXIT
  UNRIG_CLEAN_ROOT=$UNRIG_CLEAN_ROOT unshare --mount --pid --fork --kill-child -- "$0" "$@"
  exit
fi
readonly ROOT=$UNRIG_CLEAN_ROOT
# What this machine was told to trust besides what everybody does.
readonly CERTIFICATES=/etc/certificates-of-this-machine.crt

say() { printf '== %s\n' "$*"; }

inside() {
  local trust=()
  [[ ! -e $ROOT$CERTIFICATES ]] || trust=("SSL_CERT_FILE=$CERTIFICATES" "PIP_CERT=$CERTIFICATES"
    "NODE_EXTRA_CA_CERTS=$CERTIFICATES")
  chroot "$ROOT" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb LC_ALL=C.UTF-8 HOME=/root \
    "${trust[@]}" "$@"
}

apt() { inside env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >/dev/null; }

make_root() {
  say "a clean $1"
  chmod 755 "$ROOT" # not root's alone, to the system inside
  debootstrap --variant=minbase "$1" "$ROOT" "${@:2}" >/dev/null
  mount -t proc proc "$ROOT/proc"
  mount --rbind /sys "$ROOT/sys"
  mount --rbind /dev "$ROOT/dev"
  # As this machine reaches its mirrors and registries.
  cp /etc/resolv.conf "$ROOT/etc/"
  find /etc/apt/apt.conf.d -name '*proxy*' -exec cp -t "$ROOT/etc/apt/apt.conf.d" {} +
  [[ -z ${SSL_CERT_FILE:-} ]] || cp "$SSL_CERT_FILE" "$ROOT$CERTIFICATES"
  apt update
}
