#!/usr/bin/env python3
"""Checks what a compiler does not: format, sizes, clocks, words, paths, locks.

Prints one line per offence, "file:line: what", and ends with status 1 if there is any. A file
longer than SOFT_FILE_LINES is only mentioned. The rules are those of CONTRIBUTING.md.
"""

import argparse
import ast
import os
import pathlib
import re
import subprocess
import sys

COLUMNS = 100
SOFT_FILE_LINES = 400
HARD_FILE_LINES = 600
FUNCTION_LINES = 70

CPP = {".h", ".cpp"}
CODE = CPP | {".py", ".js", ".ts", ".tsx"}
TEXT = CODE | {".sh", ".cmake", ".toml", ".txt", ".md", ".json", ".yml"}
SCRIPTS = {"CMakeLists.txt", "Makefile", "setup", "run"}
NOT_OURS = {".git", ".unrig", ".tools", "build", "node_modules", "__pycache__", "dist"}

# Time and randomness are passed in, so that tests can choose them. The exceptions, each with the
# reason why a Clock cannot serve there.
CLOCK = re.compile(
    r"\b(?:(?:steady|system|high_resolution)_clock::now\(\)|random_device\b"
    r"|(?:clock_gettime|gettimeofday|getrandom)\s*\()"
)
CLOCK_EXCEPTIONS: dict[str, str] = {
    "src/host/usage.cpp": "the clock of another process tells the CPU time it used",
}

# That a part of the chain runs on this machine is known where it is started and looked at. What a
# process asks of itself it may read anywhere; texts for people, which have blanks, are no paths.
THIS_MACHINE = re.compile(
    r'"[^" ]*\b127\.0\.0\.1\b[^" ]*"|"/proc(?!/self/|/thread-self/)(?:/[^" ]*)?"'
    r"|\b(?:IN_LOOPBACKNET|INADDR_LOOPBACK|ipv4_loopback)\b"
)
KNOW_THIS_MACHINE = {"host", "process"}

# Spelt in two parts, so that this file does not accuse itself.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|not imple" r"mented|st" r"ub)\b", re.I)
# By suffix. The other addresses in a package-lock.json (funding) are not where packages come from.
LOCK_ADDRESS = {
    ".txt": re.compile(r"--(?:index-url|extra-index-url|find-links)|^-i |://"),
    ".json": re.compile(r'"resol' r'ved"'),
}
HOME_PATH = re.compile(r"(?<![\w.])/(?:home|Users|root)/\w")
# Names that stand in texts wherever the checkout lies.
COMMON_FOLDERS = set("tmp usr opt srv var mnt home build unrig share env".split())


def without_comments(text: str) -> str:
    """C++ with comments, texts and preprocessor lines blanked; every newline stays."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"'
        r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'|^[ \t]*#(?:\\\n|[^\n])*",
        re.S | re.M,
    )
    return pattern.sub(lambda m: "\n" * m[0].count("\n"), text)


def without_notes(text: str) -> str:
    """C++ with comments blanked, texts left; every newline stays."""
    pattern = re.compile(r'(?P<kept>"(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.*?\*/', re.S)
    return pattern.sub(lambda m: m["kept"] or "\n" * m[0].count("\n"), text)


def cpp_functions(text: str):
    """Yields (first line, last line) of every function body that is not inside another one."""
    text = without_comments(text)
    # Kinds of the open braces: "scope" can hold functions, "function" and "other" cannot.
    kinds: list[tuple[str, int]] = []
    head_from, line = 0, 1
    for position, letter in enumerate(text):
        if letter == "\n":
            line += 1
        elif letter == "{":
            head = text[head_from:position].strip()
            inside = bool(kinds) and kinds[-1][0] != "scope"
            first = line - head.count("\n")
            if inside:
                kinds.append(("other", first))
            elif re.match(r'(?:inline\s+)?namespace\b|extern\b', head):
                kinds.append(("scope", first))
            elif re.search(r"\b(?:class|struct|union|enum)\b[^()]*$", head):
                kinds.append(("scope", first))
            else:
                # An empty head follows the last member initializer of a constructor.
                is_function = not head or ("(" in head and not head.endswith("="))
                kinds.append(("function" if is_function else "other", first))
            head_from = position + 1
        elif letter == "}" and kinds:
            kind, first = kinds.pop()
            if kind == "function":
                yield first, line
            head_from = position + 1
        elif letter == ";":
            head_from = position + 1


def python_functions(text: str):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno


def size_offences(path: pathlib.Path, text: str):
    lines = text.count("\n")
    if path.suffix in CODE and lines > HARD_FILE_LINES:
        yield 1, f"{lines} lines, more than {HARD_FILE_LINES}"
    functions = {".py": python_functions, ".h": cpp_functions, ".cpp": cpp_functions}
    for first, last in functions.get(path.suffix, lambda _: ())(text):
        if last - first + 1 > FUNCTION_LINES:
            yield first, f"a function of {last - first + 1} lines, more than {FUNCTION_LINES}"


def line_offences(path: pathlib.Path, text: str, foreign_paths: re.Pattern):
    is_lock = path.name in {"package-lock.json", "uv.txt"} or "vintages" in path.parts
    address = LOCK_ADDRESS.get(path.suffix) if is_lock else None
    is_code = path.suffix in CODE or path.name in SCRIPTS
    for number, line in enumerate(text.split("\n"), 1):
        if is_code and len(line) > COLUMNS:
            yield number, f"{len(line)} columns, more than {COLUMNS}"
        if line != line.rstrip():
            yield number, "white space at the end of the line"
        if is_code and (word := UNFINISHED.search(line)):
            yield number, f"`{word[0]}`: finish it, or say in an issue what is missing"
        if foreign_paths.search(line):
            yield number, "a path of one machine"
        if address and not line.startswith("#") and address.search(line):
            yield number, "a lock file holds no addresses"


def machine_offences(relative: pathlib.Path, text: str):
    module = relative.parts[1] if relative.parts[0] == "src" else None
    is_test = re.search(r"_test$|^testing|^played_", relative.stem)
    if module is None or module in KNOW_THIS_MACHINE or is_test:
        return
    for number, line in enumerate(without_notes(text).split("\n"), 1):
        if found := THIS_MACHINE.search(line):
            yield number, f"`{found[0]}` outside src/host: take a host::Host or an Endpoint"


def cpp_offences(relative: pathlib.Path, text: str):
    if relative.suffix == ".h":
        if not re.search(r"^#pragma once$", text, re.M):
            yield 1, "a header starts with #pragma once"
        if not re.search(r"^/// \\file$", text, re.M):
            yield 1, "a header says in a `/// \\file` comment what it is for"
    yield from machine_offences(relative, text)
    if relative.parts[:2] == ("src", "base") or relative.as_posix() in CLOCK_EXCEPTIONS:
        return
    for number, line in enumerate(without_comments(text).split("\n"), 1):
        if word := CLOCK.search(line):
            yield number, f"`{word[0]}` outside src/base: take a Clock, a RandomStream or a seed"


def format_offences(root: pathlib.Path, files: list[pathlib.Path]):
    """What clang-format would change, as its own "file:line:column: …" lines."""
    if not files:
        return
    command = ["clang-format", "--dry-run", "-Werror", "--style=file", *map(str, files)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    seen = re.findall(r"^(\S+?):(\d+):\d+: error: code should be", done.stderr, re.M)
    for file in sorted({file for file, _ in seen}):
        first = min(int(number) for name, number in seen if name == file)
        yield f"{file}:{first}: not formatted; clang-format -i {file}"
    if done.returncode and not seen:
        yield f"clang-format: {done.stderr.strip()}"


def text_files(root: pathlib.Path):
    """Files of ours as paths relative to the root, sorted."""
    found = []
    for folder, below, names in os.walk(root):
        # Not entered at all: there, files come and go while tests run.
        below[:] = [name for name in below if name not in NOT_OURS]
        found += [pathlib.Path(folder, name) for name in names]
    for path in sorted(found):
        if (path.suffix in TEXT or path.name in SCRIPTS) and path.is_file():
            yield path.relative_to(root)


def paths_of_this_machine(root: pathlib.Path) -> re.Pattern:
    """The folder of this checkout and home folders, wherever they lie."""
    top = root.parts[1] if len(root.parts) > 1 else ""
    own = [str(root)] if len(root.parts) > 2 else []
    folders = {part for path in text_files(root) for part in path.parts}
    if top and top not in COMMON_FOLDERS | folders:
        own.append("/" + top)
    return re.compile("|".join([HOME_PATH.pattern] + [rf"(?<![\w.]){re.escape(p)}/" for p in own]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--root", type=pathlib.Path, default=here, help="the source tree to check")
    root = parser.parse_args().root.resolve()
    foreign_paths = paths_of_this_machine(root)
    found, cpp_files = [], []
    for relative in text_files(root):
        try:
            text = (root / relative).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            found.append(f"{relative}:1: not UTF-8")
            continue
        checks = [size_offences(relative, text), line_offences(relative, text, foreign_paths)]
        if relative.suffix in CPP:
            cpp_files.append(relative)
            checks.append(cpp_offences(relative, text))
        found += [f"{relative}:{number}: {what}" for check in checks for number, what in check]
        if relative.suffix in CODE and SOFT_FILE_LINES < text.count("\n") <= HARD_FILE_LINES:
            print(f"note: {relative} has {text.count(chr(10))} lines; {SOFT_FILE_LINES} are enough")
    found += format_offences(root, cpp_files)
    print(*found, sep="\n", end="\n" if found else "")
    print(f"tidy: {len(found)} offences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
