"""The tokens of a C++ file with their brackets, and where code stands.

Without a parser: the tree is formatted by clang-format, so that an operator stands between blanks
and the bracket of a template does not.
"""

import dataclasses
import re

TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/|^[ \t]*\#(?:\\\n|[^\n])*)
    |(?P<text>(?:u8|[uUL])?R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|(?:u8|[uUL])?"(?:\\.|[^"\\])*"\w*
      |'(?:\\.|[^'\\])+')
    |(?P<number>\.?[0-9](?:'?[0-9a-zA-Z_.]|(?<=[eEpP])[+-])*)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign><=>|<<=|(?<=\s)>>=|->|\+\+|--|::|\.\.\.|<=|>=|==|!=|&&|\|\||\+=|-=|\*=|/=|%=|&=|\|=
      |\^=|<<|(?<=\s)>>(?=\s)|.)""",
    re.S | re.M | re.X,
)
# Words whose brackets hold nothing that a test should notice.
LEFT_ALONE = {"assert", "static_assert", "noexcept", "sizeof", "alignof", "alignas", "decltype",
              "requires"}
OPEN, CLOSE = {"(": ")", "[": "]", "{": "}"}, {")", "]", "}"}


@dataclasses.dataclass
class Token:
    kind: str
    text: str
    start: int
    end: int
    spaced: bool  # a blank on either side
    mutable: bool = False
    match: int = -1  # the other bracket
    parent: int = -1  # the bracket around it


def tokens_of(text: str) -> list[Token]:
    tokens = []
    for found in TOKEN.finditer(text):
        if found.lastgroup == "skip" or found["skip"] is not None:
            continue
        start, end = found.span()
        spaced = text[start - 1:start].isspace() and text[end:end + 1].isspace()
        kind = next(k for k in ("text", "number", "word", "sign") if found[k] is not None)
        tokens.append(Token(kind, found[0], start, end, spaced))
    return tokens


class Source:
    """The tokens of one file with their brackets, and which of them may be broken."""

    def __init__(self, name: str, text: str):
        self.name, self.text = name, text
        self.tokens = tokens_of(text)
        self.match_brackets()
        self.mark_mutable()

    def at(self, index: int) -> str:
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def match_brackets(self):
        stack: list[int] = []
        for index, token in enumerate(self.tokens):
            is_angle = token.text == "<" and not token.spaced and self.closes_angle(index)
            if token.text == ">" and stack and self.at(stack[-1]) == "<" or (
                    token.kind == "sign" and token.text in CLOSE and stack):
                token.match = stack.pop()
                self.tokens[token.match].match = index
            token.parent = stack[-1] if stack else -1
            if is_angle or token.kind == "sign" and token.text in OPEN:
                stack.append(index)

    def closes_angle(self, index: int) -> bool:
        """Whether the bracket of a template opens here: its other one comes in time."""
        depth = 0
        for token in self.tokens[index:index + 200]:
            if token.text == "<" and not token.spaced:
                depth += 1
            elif token.text == ">" and not token.spaced or token.text == ">" and depth:
                depth -= 1
                if depth == 0:
                    return True
            elif token.text in (";", "{", "}"):
                return False
        return False

    def mark_mutable(self):
        """What stands in functions, and behind the = of a constant of a .cpp."""
        kinds: list[str] = []
        head, initialiser = 0, False
        for index, token in enumerate(self.tokens):
            scope = kinds[-1] if kinds else "namespace"
            token.mutable = scope == "code" or initialiser
            if token.text == "{" and token.kind == "sign":
                kinds.append("code" if initialiser else self.kind_of_brace(scope, head, index))
                head = index + 1
            elif token.text == "}" and token.kind == "sign" and kinds:
                kinds.pop()
                head = index + 1
            elif token.text == ";" and scope != "code":
                head, initialiser = index + 1, False
            elif (token.text == "=" and scope == "namespace" and self.name.endswith(".cpp")
                  and self.at(token.parent) != "(" and self.at(index - 1) != "operator"
                  and self.at(head) not in ("using", "template")):
                initialiser = True
        for index, token in enumerate(self.tokens):
            if token.text in LEFT_ALONE and self.at(index + 1) == "(":
                self.leave_alone(index + 1)
            elif (token.text == "<" and token.match > index
                  or token.text == "[" and self.at(index + 1) == "["):
                self.leave_alone(index)

    def leave_alone(self, bracket: int):
        for token in self.tokens[bracket:max(self.tokens[bracket].match, bracket)]:
            token.mutable = False

    def kind_of_brace(self, scope: str, head: int, index: int) -> str:
        if scope in ("code", "data"):
            return scope
        words = [token.text for token in self.tokens[head:index]]
        if "enum" in words:
            return "data"
        if "namespace" in words or "extern" in words:
            return "namespace"
        if {"struct", "class", "union"} & set(words) and "(" not in words:
            return "type"
        # The braces of a constructor's members, and those of its body behind them.
        is_function = "(" in words or not words or words[0] == ","
        return "code" if is_function else "data"

    def left_end(self, index: int, stops: set[str]) -> int:
        """The first token of the operand that ends before `index`."""
        index -= 1
        while index >= 0:
            token = self.tokens[index]
            if 0 <= token.match < index:
                index = token.match
            elif token.match > index or token.text in stops:
                break
            index -= 1
        return index + 1

    def right_end(self, index: int, stops: set[str]) -> int:
        """The last token of the operand that begins behind `index`."""
        index += 1
        while index < len(self.tokens):
            token = self.tokens[index]
            if token.match > index:
                index = token.match
            elif 0 <= token.match < index or token.text in stops:
                break
            index += 1
        return index - 1

    def has_at_top(self, signs: set[str], first: int, last: int) -> bool:
        """Whether one of these operators stands in these tokens, and within no bracket there."""
        parent = self.tokens[first].parent
        return any(token.parent == parent and token.text in signs and token.kind == "sign"
                   for token in self.tokens[first:last + 1])
