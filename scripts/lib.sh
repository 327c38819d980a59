# Shared by the scripts beside it: finds what must be on the machine, and says how to get what is not.
# Read with `source`; needs ROOT to be the root of the checkout.

die() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit "${2:-1}"
}

# Sets PYTHON to an interpreter that is new enough and can make environments.
python_find() {
  local candidate
  for candidate in python3 python3.13 python3.12 python3.11; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
      PYTHON=$candidate
      "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null ||
        die "$PYTHON can't make environments; install that part: apt-get install -y python3-venv"
      return
    fi
  done
  die "no Python 3.11, 3.12 or 3.13 here; install one: apt-get install -y python3 python3-venv"
}

git_find() {
  command -v git >/dev/null 2>&1 || die "git is not here; install it: apt-get install -y git"
}

# Sets everything up; its arguments say for what.
bootstrap() {
  git_find
  python_find
  "$PYTHON" "$ROOT/scripts/bootstrap.py" "$@" || exit $?
}
