"""The text of an expression as tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rtcheck.errors import ParseError

#: What may stand before brackets.
FUNCTIONS = ("ring", "any", "all", "each")

_NUMBER_AND_UNIT = r"\d+(?:\.\d+)?\s*(?:mm|cm)"
#: A distance: number and unit.
DISTANCE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>mm|cm)", re.ASCII)
#: Signed, and followed by what can follow a margin: else it is a part of a name.
_MARGIN = re.compile(
    rf"\s*(?P<margin>[-+]{_NUMBER_AND_UNIT})(?=\s*(?:$|\))|\s+[-+&](?:\s|$)|\s+[-+]{_NUMBER_AND_UNIT}(?:[\s)]|$))",
    re.ASCII,
)
_MARGIN_IN_CALL = re.compile(_MARGIN.pattern.replace(r"(?:$|\))", r"(?:$|[),])"), re.ASCII)
_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"(?:[^"]|"")*"|'(?:[^']|'')*')|(?P<open>\()|(?P<close>\))"""
    r"""|(?P<operator>[-+&](?=\s|$))|(?P<word>[^\s()"']+))"""
)
_TOKEN_IN_CALL = re.compile(_TOKEN.pattern.replace("(?P<word>[^\\s()\"']+)", "(?P<comma>,)|(?P<word>[^\\s()\"',]+)"))
_OPERAND_ENDS = ("word", "quoted", "close", "margin")


@dataclass(frozen=True)
class Token:
    """A piece of an expression.

    Attributes
    ----------
    kind : str
        ``word``, ``quoted``, ``operator``, ``margin`` (signed distance without a blank), ``call`` (function with its
        bracket), ``open``, ``close``, ``comma`` or, at the end, ``end``.
    text : str
        As written.
    position, end : int
        Where it stands.
    """

    kind: str
    text: str
    position: int
    end: int

    @property
    def name(self) -> str:
        """A quoted name without its quotes."""
        quote = self.text[0]
        return self.text[1:-1].replace(quote * 2, quote)


def tokens(text: str, *, in_call: bool = False) -> list[Token]:
    """All tokens and an end; words that only blanks separate are one name: ``BRAIN STEM``.

    Parameters
    ----------
    text : str
    in_call : bool
        Whether the text stands in the brackets of a function, where commas separate.

    Raises
    ------
    ParseError
        At a quote that doesn't end.
    """
    found: list[Token] = []
    brackets = [in_call]
    for token in _pieces(text, brackets):
        before = found[-1] if found else None
        if before and token.kind == before.kind == "word":
            found[-1] = Token("word", text[before.position : token.end], before.position, token.end)
        elif before and token.kind == "open" and before.kind == "word" and before.text.casefold() in FUNCTIONS:
            found[-1] = Token("call", before.text, before.position, token.end)
            brackets[-1] = True
        else:
            found.append(token)
    return [*found, Token("end", "", len(text), len(text))]


def is_one_word(text: str, *, in_call: bool) -> bool:
    """Whether a text by itself is one unquoted name."""
    try:
        found = tokens(text, in_call=in_call)
    except ParseError:
        return False
    return len(found) == 2 and found[0].kind == "word" and found[0].text == text


def _pieces(text: str, brackets: list[bool]) -> Iterator[Token]:
    """Tokens with every word by itself. `brackets` says of each open one whether it is a function's, or inside one."""
    position, end, last = 0, len(text.rstrip()), ""
    while position < end:
        match = None
        if last in _OPERAND_ENDS and (last in ("quoted", "close") or text[position].isspace()):
            match = (_MARGIN_IN_CALL if brackets[-1] else _MARGIN).match(text, position)
        match = match or (_TOKEN_IN_CALL if brackets[-1] else _TOKEN).match(text, position)
        if match is None:
            blanks = len(text[position:]) - len(text[position:].lstrip())
            raise ParseError(text, position + blanks, "a quote that doesn't end")
        last = str(match.lastgroup)
        position = match.end()
        if last == "open":
            brackets.append(brackets[-1])
        elif last == "close" and len(brackets) > 1:
            brackets.pop()
        yield Token(last, match.group(last), match.start(last), match.end(last))
