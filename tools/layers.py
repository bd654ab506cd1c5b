#!/usr/bin/env python3
"""Holds the #includes below src/ to the table of modules in docs/architecture.md.

A module may include its own headers and those of modules in rows above its own, except those that
the last column of its row names. Exit status 1 and one line per offence when that is broken.
"""

import argparse
import pathlib
import re
import sys

ROW = re.compile(r"^\|\s*\d+\s*\|\s*`(?P<module>\w+)`\s*\|[^|]*\|(?P<never>[^|]*)\|$")
INCLUDE = re.compile(r'^\s*#\s*include\s*"(?P<path>[^"]+)"')
SUFFIXES = {".h", ".cpp"}


def read_table(document: pathlib.Path) -> dict[str, set[str]]:
    """Module -> modules it may include, in the order of the rows."""
    allowed: dict[str, set[str]] = {}
    for line in document.read_text(encoding="utf-8").splitlines():
        row = ROW.match(line)
        if not row:
            continue
        never = set(re.findall(r"`(\w+)`", row["never"]))
        if unknown := never - set(allowed):
            raise ValueError(f"row `{row['module']}` names {sorted(unknown)}, not in a row above")
        allowed[row["module"]] = set(allowed) - never | {row["module"]}
    if not allowed:
        raise ValueError("no row of the form | 0 | `base` | … | … |")
    return allowed


def offences(source: pathlib.Path, allowed: dict[str, set[str]]):
    """Yields "file:line: what" for every include that the table does not allow."""
    for path in sorted(source.rglob("*")):
        if path.suffix not in SUFFIXES:
            continue
        module = path.relative_to(source).parts[0]
        if module not in allowed:
            yield f"{path}:1: `{module}` is no module of docs/architecture.md"
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            include = INCLUDE.match(line)
            if not include:
                continue
            target, _, inside = include["path"].partition("/")
            if not inside and not (path.parent / target).exists():
                continue  # made by the build
            if target not in allowed:
                yield f'{path}:{number}: "{include["path"]}" does not start with a module\'s name'
            elif target not in allowed[module]:
                yield f"{path}:{number}: `{module}` may not include `{target}`"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--root", type=pathlib.Path, default=here, help="the source tree to check")
    root = parser.parse_args().root
    try:
        found = list(offences(root / "src", read_table(root / "docs" / "architecture.md")))
    except (OSError, ValueError) as error:
        print(f"layers: docs/architecture.md: {error}", file=sys.stderr)
        return 2
    print(*found, sep="\n", end="\n" if found else "")
    print(f"layers: {len(found)} offences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
