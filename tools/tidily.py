"""tidily.py COMMAND…: runs a test program with a TMPDIR of its own, removed at its end.

What a test leaves there when it has passed is an error: it would stay on the machine of everybody
who runs the tests. What one leaves that has crashed goes all the same.
"""

import os
import pathlib
import subprocess
import sys
import tempfile


def main() -> int:
    # Other users may pass, as through /tmp: tests run programs as the account of the services.
    with tempfile.TemporaryDirectory(prefix="unrig-unit-", ignore_cleanup_errors=True) as name:
        folder = pathlib.Path(name)
        folder.chmod(0o711)
        code = subprocess.run(sys.argv[1:], check=False,
                              env={**os.environ, "TMPDIR": name, "TEST_TMPDIR": name}).returncode
        left = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    if left and code == 0:
        print("left in the folder for temporary files:\n  " + "\n  ".join(left), file=sys.stderr)
        return 1
    return 128 - code if code < 0 else code


if __name__ == "__main__":
    sys.exit(main())
