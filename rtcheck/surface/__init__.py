"""Surfaces of contoured volumes: margins between them, cropping, and containment. See `rtcheck.surface.margin`."""

from rtcheck.surface.containment import REACH_MM, Containment, containment, least_depth_mm
from rtcheck.surface.cropping import Crop, Cropping, Surroundings
from rtcheck.surface.judgement import OUTSIDE_SHARE, Agreement, Judgement, judged
from rtcheck.surface.margin import DIGITISATION_MM, TOWARDS, Direction, Distribution, Margin, margin
from rtcheck.surface.places import Lack

__all__ = [
    "DIGITISATION_MM",
    "OUTSIDE_SHARE",
    "REACH_MM",
    "TOWARDS",
    "Agreement",
    "Containment",
    "Crop",
    "Cropping",
    "Direction",
    "Distribution",
    "Judgement",
    "Lack",
    "Margin",
    "Surroundings",
    "containment",
    "judged",
    "least_depth_mm",
    "margin",
]
