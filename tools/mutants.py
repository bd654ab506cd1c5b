"""Finds what can be broken in a C++ file, and writes the file with it broken.

One mutant a place, the one that is hardest to see: `<` becomes `<=`, a number becomes the next one,
a statement goes. Comments, texts, includes, assertions, templates' arguments and declarations stay
as they are.
"""

import dataclasses
import re

from cpp_tokens import LEFT_ALONE, Source, Token

PLAIN_NUMBER = re.compile(r"(?:0[xX][0-9a-fA-F']+|0[bB][01']+|[0-9.][0-9'.]*(?:[eE][+-]?[0-9]+)?)"
                          r"(?P<suffix>[uUlLfFzZ]*)")

# What stands for what, and the name in mutants.h.
BINARY = {
    "<": ("<=", "Less"), "<=": ("<", "LessEqual"), ">": (">=", "Greater"),
    ">=": (">", "GreaterEqual"), "==": ("!=", "Equal"), "!=": ("==", "NotEqual"),
    "+": ("-", "Plus"), "-": ("+", "Minus"), "*": ("/", "Times"), "/": ("*", "Over"),
    "%": ("*", "Rest"), "<<": (">>", "ShiftLeft"), ">>": ("<<", "ShiftRight"),
    "&": ("|", "And"), "|": ("&", "Or"), "^": ("&", "ExclusiveOr"),
}
ASSIGN = {
    "+=": ("-=", "PlusAssign"), "-=": ("+=", "MinusAssign"), "*=": ("/=", "TimesAssign"),
    "/=": ("*=", "OverAssign"), "|=": ("&=", "OrAssign"), "&=": ("|=", "AndAssign"),
    "<<=": (">>=", "ShiftLeftAssign"), ">>=": ("<<=", "ShiftRightAssign"),
}
LOGICAL = {"&&": "||", "||": "&&"}
CALLS = {
    ("std", "::", "min"): "max", ("std", "::", "max"): "min",
    ("std", "::", "floor"): "ceil", ("std", "::", "ceil"): "floor",
    ("std", "::", "ranges", "::", "any_of"): "all_of",
    ("std", "::", "ranges", "::", "all_of"): "any_of",
    ("std", "::", "ranges", "::", "lower_bound"): "upper_bound",
    ("std", "::", "ranges", "::", "upper_bound"): "lower_bound",
}
# A condition with one of these at its top is broken there.
DECIDES = {"<", "<=", ">", ">=", "==", "!=", "&&", "||", "!"}
KEYWORDS = {"if", "for", "while", "do", "switch", "case", "default", "else", "return", "break",
            "continue", "throw", "new", "delete", "using", "namespace", "template", "struct",
            "class", "enum", "union", "static", "const", "constexpr", "auto", "try", "catch",
            "goto", "typedef", "public", "private", "protected", "operator", "friend", "inline",
            "extern", "co_return", "co_await", "co_yield", "mutable", "true", "false"} | LEFT_ALONE
# Where an operand of && and || ends on its left, and on its right.
STOPS = {",", ";", "?", ":", "=", "return", "case", "else", "throw", *ASSIGN, "%=", "^="}


@dataclasses.dataclass
class Mutant:
    """One broken place. Positions are offsets in the file's text."""

    file: str
    line: int
    column: int
    change: str  # in words
    source: str  # the line as it is, stripped
    plain: tuple[int, int, str]  # what the broken text is
    # The same behind a switch: (start, end of what it embraces, place, text), {} for the number.
    switched: list[tuple[int, int, str, str]]
    number: int = 0


class Finder:
    def __init__(self, source: Source):
        self.source, self.tokens, self.at = source, source.tokens, source.at
        self.found: list[Mutant] = []

    def add(self, first: int, last: int, wrong: str, change: str, switched):
        """Tokens first … last become `wrong`; `switched`: (first, last, place, text) by token."""
        text = self.source.text
        start, end = self.tokens[first].start, self.tokens[last].end
        line_start = text.rfind("\n", 0, start) + 1
        line = text[line_start:text.find("\n", start)].strip()
        places = [(self.tokens[a].start, self.tokens[b].end, place, new)
                  for a, b, place, new in switched]
        self.found.append(Mutant(self.source.name, text.count("\n", 0, start) + 1,
                                 start - line_start + 1, change, line, (start, end, wrong), places))

    def all(self) -> list[Mutant]:
        for index, token in enumerate(self.tokens):
            if not token.mutable:
                continue
            if token.kind == "sign":
                self.operator(index, token)
            elif token.kind == "number":
                self.number(index, token)
            elif token.text in ("true", "false"):
                wrong = "false" if token.text == "true" else "true"
                self.add(index, index, wrong, f"`{token.text}` becomes `{wrong}`",
                         [(index, index, "around", "mutate::truth<{}>(")])
            elif token.text in ("if", "while") and self.at(index + 1) == "(":
                self.condition(index + 1)
            elif token.text == "std":
                self.call(index)
            self.statement(index)
        return self.found

    def operator(self, index: int, token: Token):
        sign = token.text
        if sign in LOGICAL and token.spaced:
            self.logical(index, sign)
        elif sign in BINARY and token.spaced and self.at(index - 1) != "operator":
            wrong, name = BINARY[sign]
            self.add(index, index, wrong, f"`{sign}` becomes `{wrong}`",
                     [(index, index, "instead", f"{sign}mutate::{name}<{{}}>{{{{}}}}{sign}")])
        elif sign in ASSIGN and token.spaced:
            wrong, name = ASSIGN[sign]
            self.add(index, index, wrong, f"`{sign}` becomes `{wrong}`",
                     [(index, index, "instead", f"{sign}mutate::{name}<{{}}>{{{{}}}}=")])
        elif sign == "!" and not token.spaced:
            self.add(index, index, "", "`!` goes",
                     [(index, index, "instead", "(mutate::Not<{}>)")])
        elif sign == "?":
            first = self.source.left_end(index, STOPS)
            if first < index and not self.source.has_at_top(DECIDES, first, index - 1):
                self.flip(first, index - 1)

    def logical(self, index: int, sign: str):
        stops = STOPS | ({"||"} if sign == "&&" else set())
        first = self.source.left_end(index, stops)
        last = self.source.right_end(index, stops | {sign})
        compare, rest = ("!=", "") if sign == "&&" else ("==", "!")
        wrong = LOGICAL[sign]
        # Evaluates the right side exactly when the operator in force does.
        self.add(index, index, wrong, f"`{sign}` becomes `{wrong}`", [
            (first, last, "before", "(static_cast<bool>("),
            (index, index, "instead", f") {compare} mutate::on<{{}}>() ? static_cast<bool>("),
            (first, last, "after", f") : {rest}mutate::on<{{}}>())")])

    def flip(self, first: int, last: int):
        start, end = self.tokens[first].start, self.tokens[last].end
        condition = self.source.text[start:end]
        self.add(first, last, f"!({condition})", f"`{' '.join(condition.split())}` is negated",
                 [(first, last, "around", "mutate::flip<{}>(")])

    def condition(self, bracket: int):
        last = self.tokens[bracket].match - 1
        inside = range(bracket + 1, last + 1)
        top = [i for i in inside if self.tokens[i].parent == bracket]
        first = max([i + 1 for i in top if self.at(i) == ";"], default=bracket + 1)
        if first > last or any(self.at(i) == "=" for i in top if i >= first):
            return
        if not self.source.has_at_top(DECIDES, first, last):
            self.flip(first, last)

    def number(self, index: int, token: Token):
        plain = PLAIN_NUMBER.fullmatch(token.text)
        if not plain:
            return
        digits = token.text.removesuffix(plain["suffix"]).replace("'", "")
        is_real = "x" not in digits.lower() and re.search(r"[.eE]", digits)
        wrong = repr(float(digits) + 1) if is_real else str(int(digits, 0) + 1)
        wrong += plain["suffix"]
        self.add(index, index, wrong, f"`{token.text}` becomes `{wrong}`",
                 [(index, index, "around", "mutate::number<{}>(")])

    def call(self, index: int):
        for words, wrong in CALLS.items():
            last = index + len(words) - 1
            if (tuple(self.at(i) for i in range(index, last + 1)) == words
                    and self.at(last + 1) == "("):
                self.add(last, last, wrong, f"`{words[-1]}` becomes `{wrong}`",
                         [(index, last, "instead", f"mutate::{words[-1]}<{{}}>")])

    def statement(self, index: int):
        if not self.starts_statement(index):
            return
        end = self.end_of_statement(index)
        if end < 0:
            return
        text = self.source.text[self.tokens[index].start:self.tokens[end].end]
        self.add(index, end, ";", f"`{' '.join(text.split())}` goes",
                 [(index, end, "before", "if (mutate::on<{}>()) {{}} else ")])

    def starts_statement(self, index: int) -> bool:
        if self.at(self.tokens[index].parent) != "{":
            return False
        before = self.at(index - 1)
        if before == ")":
            return self.at(self.tokens[index - 1].match - 1) in ("if", "for", "while", "constexpr")
        if before == ":":
            label = index - 2
            while label > 0 and self.at(label) not in (";", "{", "}", "case", "default"):
                label -= 1
            return self.at(label) in ("case", "default")
        return before in (";", "{", "}", "else", "do")

    def end_of_statement(self, index: int) -> int:
        """The `;` of a statement that can go; -1 when it cannot, or is none."""
        word = self.at(index)
        if word in ("break", "continue"):
            is_last = self.at(index + 2) == "}"
            return -1 if is_last and word == "break" else index + 1
        if word == "return":
            if not self.after_if(index):
                return -1
            behind = index
        else:
            behind = self.behind_expression(index)
            if behind < 0:
                return -1
        end = self.source.right_end(behind - 1, {";"}) + 1
        return end if self.at(end) == ";" else -1

    def after_if(self, index: int) -> bool:
        """Whether this is all that an `if` does: then what follows takes over."""
        bracket = index - 1 if self.at(index - 1) == ")" else index - 2
        braced = self.at(index - 1) == "{"
        if self.at(bracket) != ")" or not (braced or bracket == index - 1):
            return False
        return self.at(self.tokens[bracket].match - 1) == "if"

    def behind_expression(self, index: int) -> int:
        """The `;` of a call or a step, or what assigns; -1 when it is a declaration or else."""
        steps = self.at(index) in ("++", "--")
        if steps or self.at(index) == "*":
            index += 1
        if self.tokens[index].kind != "word" or self.at(index) in KEYWORDS:
            return -1
        called = False
        while True:
            index += 1
            token = self.tokens[index]
            if token.text in (".", "->", "::") and self.tokens[index + 1].kind == "word":
                index, called = index + 1, False
            elif token.match > index and token.text in ("(", "[", "<"):
                index, called = token.match, token.text == "("
            elif token.text == "=" or token.text in ASSIGN or token.text in ("%=", "^="):
                return index
            elif token.text in ("++", "--"):
                steps = True
            elif token.text == ";":
                return index if called or steps else -1
            else:
                return -1


def find(name: str, text: str) -> list[Mutant]:
    return Finder(Source(name, text)).all()


def broken(text: str, mutant: Mutant) -> str:
    start, end, wrong = mutant.plain
    return text[:start] + wrong + text[end:]


def switched(text: str, mutants: list[Mutant]) -> str:
    """The text with all these mutants, each behind mutate::on<its number>()."""
    before, after, instead = {}, {}, dict(unfrozen(text, mutants))
    for order, mutant in enumerate(mutants):
        for start, end, place, new in mutant.switched:
            new = new.format(mutant.number)
            if place == "instead":
                instead[start] = (end, new)
            # What embraces more stands further out.
            if place in ("before", "around"):
                before.setdefault(start, []).append((-end, order, new))
            if place in ("after", "around"):
                closing = ")" if place == "around" else new
                after.setdefault(end, []).append((-start, -order, closing))
    pieces, done = [], 0
    for position in sorted(set(before) | set(after) | set(instead)):
        pieces.append(text[done:position])
        pieces += [new for *_, new in sorted(after.get(position, []))]
        pieces += [new for *_, new in sorted(before.get(position, []))]
        done = position
        if position in instead:
            done, new = instead[position]
            pieces.append(new)
    return "".join(pieces) + text[done:]


def unfrozen(text: str, mutants: list[Mutant]):
    """Whatever is constexpr around one of these cannot be: (start, (end, what it is instead))."""
    source = Source("x.cpp", text)
    starts = sorted(mutant.plain[0] for mutant in mutants)
    for index, token in enumerate(source.tokens):
        if token.text != "constexpr" or source.at(index - 1) == "if":
            continue
        behind = source.right_end(index, {"=", ";"}) + 1
        first = next((i for i in range(index, behind + 1) if source.at(i) in ("(", "{", "=", ";")),
                     behind)
        is_function = source.at(first) == "("
        last = first
        while last < len(source.tokens) - 1 and source.at(last) != (
                "{" if is_function else ";"):
            last = source.tokens[last].match if source.tokens[last].match > last else last
            last += 1
        if is_function and source.tokens[last].match > last:
            last = source.tokens[last].match
        if any(token.start < start < source.tokens[last].end for start in starts):
            yield token.start, (token.end, "inline" if is_function else "const")
