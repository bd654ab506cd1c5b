#!/usr/bin/env python3
"""Holds the modules below src/ to the table in docs/architecture.md.

A module may reach its own and those in rows above its own, except those that the last column of its
row names: by an #include, by what an included header includes, by linking a library, and by what
that library links. Exit status 1 and one line per offence when that is broken.
"""

import argparse
import pathlib
import re
import sys

ROW = re.compile(r"^\|\s*\d+\s*\|\s*`(?P<module>\w+)`\s*\|[^|]*\|(?P<never>[^|]*)\|$")
INCLUDE = re.compile(r'^\s*#\s*include\s*"(?P<path>[^"]+)"')
LINKS = re.compile(r"\b(?P<command>unrig_module|target_link_libraries)\s*\((?P<words>[^)]*)\)")
SUFFIXES = {".h", ".cpp"}


def read_table(document: pathlib.Path) -> dict[str, set[str]]:
    """Module -> modules it may reach, in the order of the rows."""
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


def ways(graph: dict[str, dict[str, int]], start: str):
    """Yields the shortest way from start to each node that can be reached, nearest first."""
    found, seen = [[start]], {start}
    for way in found:
        yield way
        for node in graph.get(way[-1], {}):
            if node not in seen:
                seen.add(node)
                found.append([*way, node])


def forbidden_ways(graph, start: str, module_of, allowed: set[str]):
    """Yields (module, the shortest way to it) for modules that are reached and not allowed."""
    seen = set(allowed)
    for way in ways(graph, start):
        module = module_of(way[-1])
        if module is not None and module not in seen:
            seen.add(module)
            yield module, way


class Includes:
    """Who includes what below src/: "load/run.h" -> {"base/text.h": the line of the #include}."""

    def __init__(self, source: pathlib.Path):
        self.source = source
        self.graph: dict[str, dict[str, int]] = {}
        for path in sorted(p for p in source.rglob("*") if p.suffix in SUFFIXES):
            lines = path.read_text(encoding="utf-8").splitlines()
            found = [(n, match["path"]) for n, line in enumerate(lines, 1)
                     if (match := INCLUDE.match(line))]
            # A name without a folder that lies nowhere is made by the build.
            self.graph[str(path.relative_to(source))] = {
                target: n for n, target in found
                if "/" in target or (path.parent / target).exists()}

    def offences(self, allowed: dict[str, set[str]]):
        # Of what is reached through one and the same include, the first file stands for all.
        through: dict[tuple, list[str]] = {}
        for file, includes in self.graph.items():
            module = module_of_file(file)
            if module not in allowed:
                yield f"{self.source / file}:1: `{module}` is no module of docs/architecture.md"
                continue
            for target, number in includes.items():
                at = f"{self.source / file}:{number}"
                if module_of_file(target) not in allowed:
                    yield f'{at}: "{target}" does not start with a module\'s name'
                    continue
                if module_of_file(target) == module:
                    continue  # what that one includes is said of its own file
                for other, way in forbidden_ways(self.graph, target, module_of_file,
                                                 allowed[module]):
                    if way == [target]:
                        yield f"{at}: `{module}` may not include `{other}`"
                        break  # and so not what that one includes
                    what = f"{at}: `{module}` may not reach `{other}`: {' > '.join(way)}"
                    through.setdefault((module, *way[-2:]), []).append(what)
        for first, *more in through.values():
            yield first + (f" (and {len(more)} more)" if more else "")


def module_of_file(file: str) -> str:
    return file.partition("/")[0]


class Links:
    """Which target links what, by the CMakeLists.txt below src/."""

    def __init__(self, source: pathlib.Path):
        self.graph: dict[str, dict[str, int]] = {}
        self.lists: dict[str, pathlib.Path] = {}  # target -> where it is given what it links
        for path in sorted(source.rglob("CMakeLists.txt")):
            text = re.sub(r"#.*", "", path.read_text(encoding="utf-8"))
            for match in LINKS.finditer(text):
                words = [(word[0], 1 + text.count("\n", 0, match.start("words") + word.start()))
                         for word in re.finditer(r"\S+", match["words"])]
                target = words[0][0]
                if match["command"] == "unrig_module":
                    target = f"unrig_{target}"
                    names = [word for word, _ in words]
                    words = words[names.index("DEPENDS"):] if "DEPENDS" in names else []
                self.lists[target] = path
                self.graph.setdefault(target, {}).update(words[1:])

    def offences(self, source: pathlib.Path, allowed: dict[str, set[str]]):
        def module_of_target(target: str) -> str | None:
            name = target.removeprefix("unrig_")
            return name if target != name and name in allowed else None

        for target, path in self.lists.items():
            module = path.relative_to(source).parts[0]
            may = allowed.get(module, set())
            for other, way in forbidden_ways(self.graph, target, module_of_target, may):
                at = f"{path}:{self.graph[target][way[1]]}"
                if len(way) == 2:
                    yield f"{at}: `{module}` may not link `{other}`"
                else:
                    yield f"{at}: `{module}` may not reach `{other}`: {' > '.join(way)}"


def offences(source: pathlib.Path, allowed: dict[str, set[str]]):
    """Yields "file:line: what" for everything that is reached and that the table does not allow."""
    yield from Includes(source).offences(allowed)
    yield from Links(source).offences(source, allowed)


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
