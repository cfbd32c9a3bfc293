"""Second opinions: the DVHs that the planning system stored, and those of dicompyler-core.

Both are compared with ours, and the likely cause of a difference is told by measurement. Neither is ever the first
opinion: a stored DVH says nothing of how it was made, and dicompyler-core has known faults.
"""

from rtcheck.crosscheck.comparison import NOTABLE_PERCENT, Cause, Comparison, Engine
from rtcheck.crosscheck.opinions import (
    compare_peer,
    compare_stored,
    peer_comparisons,
    second_opinions,
    stored_comparisons,
)
from rtcheck.crosscheck.peer import PeerDVH, peer_dvh, peer_dvh_of_files, to_dicompyler

__all__ = [
    "NOTABLE_PERCENT",
    "Cause",
    "Comparison",
    "Engine",
    "PeerDVH",
    "compare_peer",
    "compare_stored",
    "peer_comparisons",
    "peer_dvh",
    "peer_dvh_of_files",
    "second_opinions",
    "stored_comparisons",
    "to_dicompyler",
]
