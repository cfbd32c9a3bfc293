"""DVHs in words: ``"60 cc at 26 Gy; 640 cc at 10 Gy; prescribed 14 Gy"`` -> DVH."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

import numpy as np
from pydantic import Field as Key
from pydantic import PlainValidator

from rtcheck.curve import DoseVolumeCurve
from rtcheck.dvh import DVH
from rtcheck.tables.keys import read_by
from rtcheck.units import PHYSICAL, DoseBasis

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_BLOCK = re.compile(rf"(?P<volume>{_NUMBER})\s*cc\s+at\s+(?P<dose>{_NUMBER})\s*Gy")
_PRESCRIBED = re.compile(rf"prescribed\s+(?P<dose>{_NUMBER})\s*Gy")
_ONE = rf"{_NUMBER}\s*cc\s+at\s+{_NUMBER}\s*Gy"
BLOCKS_PATTERN = rf"^\s*{_ONE}(\s*;\s*{_ONE})*(\s*;\s*prescribed\s+{_NUMBER}\s*Gy)?\s*$"
_EXAMPLE = "60 cc at 26 Gy; 640 cc at 10 Gy; prescribed 30 Gy"
#: What the dose reference of blocks is called where the metric doesn't name one.
_REFERENCE = "prescribed"


@dataclass(frozen=True)
class Blocks:
    """A differential DVH of a few doses.

    Attributes
    ----------
    volume_cc, dose_gy : tuple of float
        Of each block, by rising dose.
    prescribed_gy : float or None
        The prescribed dose, where the text names one.
    """

    volume_cc: tuple[float, ...]
    dose_gy: tuple[float, ...]
    prescribed_gy: float | None = None

    def dvh(self, roi: str, basis: DoseBasis = PHYSICAL, reference: str | None = None) -> DVH:
        """The DVH of an ROI that has these blocks.

        Parameters
        ----------
        roi : str
        basis : DoseBasis
            What the doses are.
        reference : str, optional
            What the prescribed dose is called.
        """
        # What is hotter than each dose, summed from the hottest: no rounding makes the curve rise.
        levels = np.append(np.cumsum(self.volume_cc[::-1])[::-1], 0.0)
        curve = DoseVolumeCurve(np.repeat(self.dose_gy, 2), np.repeat(levels, 2)[1:-1])
        named = {} if self.prescribed_gy is None else {reference or _REFERENCE: self.prescribed_gy}
        return DVH(
            roi,
            (roi,),
            curve,
            float(np.average(self.dose_gy, weights=self.volume_cc)),
            self.dose_gy[0],
            self.dose_gy[-1],
            basis=basis,
            reference_gy=MappingProxyType(named),
        )


def parse_blocks(text: str) -> Blocks:
    """Read blocks of a differential DVH, and the prescribed dose after them.

    Raises
    ------
    ValueError
        With the part that makes no sense.
    """
    parts = [part.strip() for part in text.split(";")]
    prescribed = _PRESCRIBED.fullmatch(parts[-1])
    matches = [_BLOCK.fullmatch(part) for part in (parts[:-1] if prescribed else parts)]
    for part, match in zip(parts, matches, strict=False):
        if match is None:
            raise ValueError(
                f"expected blocks such as '60 cc at 26 Gy; 640 cc at 10 Gy; prescribed 30 Gy', got {part!r}"
            )
        if not float(match["volume"]):
            raise ValueError(f"{part!r}: a block has some volume")
    blocks = sorted((float(match["dose"]), float(match["volume"])) for match in matches if match)
    if not blocks:
        raise ValueError(f"{text!r} has no block such as '60 cc at 26 Gy'")
    doses, volumes = zip(*blocks, strict=True)
    return Blocks(volumes, doses, float(prescribed["dose"]) if prescribed else None)


_BlocksKey = Annotated[
    str, Key(pattern=BLOCKS_PATTERN, examples=["60 cc at 26 Gy; 640 cc at 10 Gy", "1 cc at 12 Gy; prescribed 14 Gy"])
]
BlocksText = Annotated[Blocks, PlainValidator(read_by(parse_blocks), json_schema_input_type=_BlocksKey)]
