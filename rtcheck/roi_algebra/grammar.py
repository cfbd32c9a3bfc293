"""The text of an ROI expression -> the expression."""

from __future__ import annotations

import difflib
from typing import Literal

from rtcheck.errors import ParseError
from rtcheck.roi_algebra.expression import BINDING, Expression, Margin, Name, Operation, Ring, Selection, distance_text
from rtcheck.roi_algebra.scan import DISTANCE, FUNCTIONS, Token, tokens

#: No expression that means something nests deeper, or joins more.
MAX_PARENTHESES = 50
MAX_OPERATORS = 200
#: No margin that means something is wider.
MAX_MARGIN_MM = 300.0

_QUANTIFIERS: dict[str, Literal["any", "all"]] = {"any": "any", "all": "all", "each": "all"}


def parse_expression(text: str) -> Expression:
    """Read an ROI expression.

    Raises
    ------
    ParseError
        With the position of what makes no sense, and the mend.
    """
    if text.count("(") > MAX_PARENTHESES:
        raise ParseError(text, text.index("("), f"more than {MAX_PARENTHESES} parentheses")
    parser = _Parser(text)
    if parser.token.kind == "end":
        raise ParseError(text, 0, "expected an ROI name or expression")
    return parser.whole()


class _Parser:
    """Reads tokens from left to right; one level of the grammar is one method."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._index = 0
        joints = [token for token in self._tokens if token.kind in ("operator", "margin")]
        if len(joints) > MAX_OPERATORS:
            raise self._error(joints[MAX_OPERATORS], f"more than {MAX_OPERATORS} operators")

    @property
    def token(self) -> Token:
        """What comes next."""
        return self._tokens[self._index]

    def whole(self) -> Expression:
        """The whole text."""
        first = self.token
        if not self._is_quantifier(first):
            expression = self._joined(1)
            if self.token.kind != "end":
                raise self._unexpected("expected an operator (- + &) or the end")
            return expression
        selection = self._selection()
        if self.token.kind != "end":
            raise self._not_alone(first)
        return selection

    def _next(self) -> Token:
        token = self.token
        self._index += token.kind != "end"
        return token

    def _joined(self, binding: int) -> Expression:
        """Operands joined by operators that bind at least as tightly as `binding`."""
        left = self._operand()
        while True:
            token = self.token
            if binding == 1 and (distance_mm := self._margin()) is not None:
                left = Margin(left, distance_mm)
                if self.token.kind == "operator" and self.token.text == "&":
                    margin = f"{'-' if distance_mm < 0 else '+'} {distance_text(abs(distance_mm))}"
                    raise self._error(self.token, f"& binds tighter than a margin; write (... {margin}) & ...")
            elif token.kind == "operator" and BINDING[token.text] >= binding:
                self._next()
                left = Operation(token.text, left, self._joined(BINDING[token.text] + 1))
            else:
                return left

    def _margin(self) -> float | None:
        """A signed distance, if one comes next."""
        token = self.token
        if token.kind == "margin":
            self._next()
            return self._signed(token.text[0], token.text[1:], token.position + 1)
        following = self._tokens[min(self._index + 1, len(self._tokens) - 1)]
        sign = token.kind == "operator" and token.text in "+-"
        if not sign or following.kind != "word" or not DISTANCE.fullmatch(following.text):
            return None
        self._index += 2
        return self._signed(token.text, following.text, following.position)

    def _signed(self, sign: str, text: str, position: int) -> float:
        distance_mm = self._millimetres(text, position)
        return -distance_mm if sign == "-" and distance_mm else distance_mm

    def _millimetres(self, text: str, position: int) -> float:
        match = DISTANCE.fullmatch(text)
        assert match is not None  # callers looked
        digits = match["number"]
        # Moved by text, so that 0.3cm and 3mm are the same number.
        distance_mm = float(f"{digits}e1") if match["unit"] == "cm" else float(digits)
        if distance_mm > MAX_MARGIN_MM:
            raise ParseError(self._text, position, f"a margin of more than {MAX_MARGIN_MM:g} mm")
        return distance_mm

    def _operand(self) -> Expression:
        token = self.token
        if token.kind == "call" and self._is_quantifier(token):
            raise self._not_alone(token)
        self._next()
        if token.kind == "word":
            return Name(token.text)
        if token.kind == "quoted":
            return Name(token.name, quoted=True)
        if token.kind == "call":
            return self._ring(token)
        if token.kind != "open":
            raise self._error(token, "expected an ROI name")
        inner = self._joined(1)
        if self.token.kind != "close":
            raise self._unexpected("this parenthesis isn't closed", token)
        self._next()
        return inner

    def _ring(self, call: Token) -> Ring:
        """What stands in the brackets of a ring."""
        usage = "ring needs an ROI and two distances: ring(PTV, 0mm, 20mm)"
        of = self._joined(1)
        distances = []
        for _ in range(2):
            if self.token.kind != "comma":
                raise self._unexpected(usage, self.token if self.token.kind in ("close", "end") else None)
            self._next()
            distances.append(self._ring_distance(usage))
        if self.token.kind != "close":
            raise self._unexpected(
                "this bracket isn't closed" if self.token.kind == "end" else usage,
                call if self.token.kind == "end" else self.token,
            )
        self._next()
        (inner_mm, _), (outer_mm, position) = distances
        if inner_mm >= outer_mm:
            text = f"the outer distance, {outer_mm:g} mm, must be larger than the inner, {inner_mm:g} mm"
            raise ParseError(self._text, position, text)
        return Ring(of, inner_mm, outer_mm)

    def _ring_distance(self, usage: str) -> tuple[float, int]:
        """A distance of 0 or more, and where it stands."""
        token = self._next()
        if token.kind == "word" and DISTANCE.fullmatch(token.text):
            return self._millimetres(token.text, token.position), token.position
        if token.text.startswith("-"):
            raise self._error(token, "a ring's distances are 0 or more; for what lies inside, write PTV - (PTV - 5mm)")
        if token.kind == "word" and token.text.replace(".", "", 1).isdecimal():
            raise self._error(token, f"a distance needs its unit: {token.text}mm or {token.text}cm")
        raise self._error(token, usage)

    def _selection(self) -> Selection:
        """``any(...)`` or ``all(...)``."""
        call = self._next()
        members = [self._joined(1)]
        while self.token.kind == "comma":
            self._next()
            members.append(self._joined(1))
        if self.token.kind != "close":
            at = call if self.token.kind == "end" else self.token
            raise self._unexpected("this bracket isn't closed" if at is call else "expected a comma or ')'", at)
        self._next()
        return Selection(_QUANTIFIERS[call.text.casefold()], tuple(members))

    def _is_quantifier(self, token: Token) -> bool:
        return token.kind == "call" and token.text.casefold() in _QUANTIFIERS

    def _not_alone(self, token: Token) -> ParseError:
        text = f"{token.text}(...) asks each ROI by itself and stands alone, not inside or beside anything else"
        return self._error(token, text)

    def _unexpected(self, expected: str, at: Token | None = None) -> ParseError:
        """The error for a token that can't stand here; brackets after a name have their own."""
        before = self._tokens[self._index - 1] if self._index else None
        if self.token.kind != "open" or before is None or before.kind != "word":
            return self._error(at or self.token, expected)
        close = difflib.get_close_matches(before.text.casefold(), FUNCTIONS, n=1)
        if close and before.end == self.token.position:
            return self._error(before, f"no function is called {before.text!r}; did you mean {close[0]}(...)?")
        end = self._text.find(")", self.token.position)
        whole = self._text[before.position : end + 1 if end >= 0 else None]
        return self._error(
            self.token,
            f"expected an operator (- + &) or the end; a name that holds brackets needs quotes, {whole!r}, "
            f"and the functions are {', '.join(FUNCTIONS)}",
        )

    def _error(self, token: Token, expected: str) -> ParseError:
        return ParseError(self._text, token.position, expected)
