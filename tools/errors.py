#!/usr/bin/env python3
"""The errors that unrig can end with, collected from its sources into docs/errors.md.

    tools/errors.py            fails where the page is not what the sources say
    tools/errors.py --write    writes it

An error is made where its kind stands: `fail(ErrorKind::usage, WHAT, HELP)`, an `Error` with its
parts in braces, what a system call says (`fail_errno`), and what is wrong in a TOML file
(`reject`). Text that a variable holds is "…" here.
"""

import argparse
import ast
import dataclasses
import html
import pathlib
import re
import sys

from cpp_tokens import OPEN, Source, Token

UNKNOWN = "…"
PAGE = "docs/errors.md"
KINDS = {"usage": (2, "an option or a configuration file is wrong"),
         "environment": (3, "something is missing or busy on this machine"),
         "measurement": (4, "everything ran, but nothing valid was measured"),
         "interrupted": (130, "somebody stopped it"),
         "internal": (1, "unrig itself failed: please report it")}
HEAD = """# Errors

unrig ends with a line that says what is wrong, where and why and, where there is one, with the
next step:
```
unrig: --duration: the duration '5' has no unit
help: write it like 5s (units: ns, us, ms, s, m, h)
```
This page has all that unrig itself says, by exit code, as it stands in the sources; `…` is what is
known only then: a name, a place, a reason. Not listed is what the parser of the command line says
of options that it does not know, and why a trial does not count: that is no error but a
[verdict](verdicts.md). `tools/errors.py --write` makes the page of the sources, and a test fails
where it is stale.
"""


@dataclasses.dataclass(frozen=True, order=True)
class Error:
    kind: str
    module: str
    what: str
    help: str


def outside_brackets(tokens: list[Token]) -> list[int]:
    """The places of the tokens that stand in no bracket of these."""
    places, depth = [], 0
    for place, token in enumerate(tokens):
        if token.kind == "sign" and token.text in OPEN:
            depth += 1
        if depth == 0:
            places.append(place)
        if token.kind == "sign" and token.text in OPEN.values():
            depth -= 1
    return places


def split_at(tokens: list[Token], sign: str) -> list[list[Token]]:
    parts, begin = [], 0
    for place in outside_brackets(tokens):
        if tokens[place].text == sign:
            parts.append(tokens[begin:place])
            begin = place + 1
    return [*parts, tokens[begin:]]


def literal(text: str) -> str:
    if raw := re.fullmatch(r'R"(\w*)\((.*)\)\1"', text, re.S):
        return raw[2]
    return ast.literal_eval(text)


def piece_text(tokens: list[Token]) -> str:
    """Of what stands between two plus signs."""
    texts = [token.text for token in tokens]
    if tokens and all(token.kind == "text" and '"' in token.text for token in tokens):
        return "".join(map(literal, texts))
    inner = tokens[4:-1]
    if texts[:4] == ["fmt", "::", "format", "("] and texts[-1] == ")":
        form = text_of(split_at(inner, ",")[0])
        return re.sub(r"\{\{|\}\}|\{[^{}]*\}",
                      lambda found: {"{{": "{", "}}": "}"}.get(found[0], UNKNOWN), form)
    if texts[:4] == ["std", "::", "string", "("] and texts[-1] == ")":
        return text_of(inner)
    if texts and texts[0] == "(" and texts[-1] == ")":
        return text_of(tokens[1:-1])
    return UNKNOWN


def text_of(tokens: list[Token]) -> str:
    """What an expression of texts makes, as far as it is written there."""
    if not tokens or [token.text for token in tokens] == ["{", "}"]:
        return ""
    signs = [place for place in outside_brackets(tokens) if tokens[place].text in ("?", ":")]
    if signs:
        return choice_text(tokens, signs)
    return re.sub(f"{UNKNOWN}+", UNKNOWN, "".join(map(piece_text, split_at(tokens, "+"))))


def choice_text(tokens: list[Token], signs: list[int]) -> str:
    """Of CONDITION ? ONE : OTHER: both, where both say something. `signs` are its ? and :."""
    open_choices = 0
    for place in signs:
        open_choices += 1 if tokens[place].text == "?" else -1
        if open_choices == 0:
            break
    texts = [text_of(tokens[signs[0] + 1:place]), text_of(tokens[place + 1:])]
    return " / ".join(text for text in texts if text.strip(f"{UNKNOWN} ")) or UNKNOWN


def errors_of(path: pathlib.Path, module: str) -> list[Error]:
    text = path.read_text()
    if not re.search(r"\b(ErrorKind::|fail_errno\(|reject\()", text):
        return []
    tokens = Source(str(path), text).tokens
    errors = []

    def arguments(bracket: int) -> list[list[Token]]:
        return split_at(tokens[bracket + 1:tokens[bracket].match], ",")

    for i, token in enumerate(tokens):
        following = [t.text for t in tokens[i + 1:i + 4]]
        if token.text == "ErrorKind" and following[:1] == ["::"] and following[2:] == [","]:
            parts = arguments(token.parent)
            if parts[0][0].text != "ErrorKind" or len(parts) < 2:
                continue
            helps = text_of(parts[2]) if len(parts) > 2 else ""
            errors.append(Error(following[1], module, text_of(parts[1]), helps))
        elif token.text == "fail_errno" and following[:1] == ["("]:
            parts = arguments(i + 1)
            errors.append(Error("environment", module, f"{text_of(parts[0])}: {UNKNOWN}", ""))
        elif token.text == "reject" and following[:1] == ["("]:
            parts = arguments(i + 1)
            if len(parts) > 1 and all(parts):
                helps = text_of(parts[2]) if len(parts) > 2 else ""
                what = f"FILE:LINE:COLUMN: {text_of(parts[1])}"
                errors.append(Error("usage", module, what, helps))
    return errors


def says_something(error: Error) -> bool:
    """Not what only hands on the text of another error, nor a declaration."""
    said = error.what.removeprefix("FILE:LINE:COLUMN:")
    return error.kind in KINDS and len(re.findall(r"\w\w", said)) > 1


def cell(text: str) -> str:
    text = html.escape(" ".join(text.split()), quote=False)
    return re.sub(r"([|*_`\\\[\]])", r"\\\1", text)


def page_of(root: pathlib.Path) -> str:
    errors = set()
    for path in sorted((root / "src").glob("*/**/*.cpp")):
        if not path.name.endswith("_test.cpp"):
            errors.update(errors_of(path, path.relative_to(root / "src").parts[0]))
    page = HEAD
    for kind, (code, meaning) in KINDS.items():
        rows = sorted(error for error in errors if error.kind == kind and says_something(error))
        if not rows:
            continue
        page += f"\n## Exit {code}: {meaning}\n| module | what | help |\n|---|---|---|\n"
        page += "".join(f"| {e.module} | {cell(e.what)} | {cell(e.help)} |\n" for e in rows)
    return page


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true", help="write the page")
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    options = parser.parse_args()
    page, file = page_of(options.root), options.root / PAGE
    if options.write:
        file.write_text(page)
        return 0
    if file.is_file() and file.read_text() == page:
        return 0
    print(f"{PAGE} is stale: tools/errors.py --write", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
