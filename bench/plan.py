"""A large plan for speed: 25 ROIs of 255,000 contour points on a dose of 200 x 160 x 100 voxels, written as DICOM.

Every outline is a closed formula: a superellipse that tapers along z, with a few smooth waves on it. The waves' phases
come from hashes, so the same arguments give the same bytes. The trunk is short, so that lungs and femoral heads fit
into one dose grid; sizes and numbers of points are what planning systems export.

Run ``python -m bench.plan FOLDER`` to write it.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset
from pydicom.tag import Tag
from pydicom.uid import ImplicitVRLittleEndian

from rtcheck.geometry import FloatArray
from rtcheck.synthetic import RoiSpec, dose_dataset, plan_dataset, save, structure_set_dataset
from rtcheck.synthetic.headers import unit_number

#: Contour points of the plan at scale 1.
POINTS = 255_000
#: Columns, rows and frames of the dose, and their spacing in mm.
COLUMNS, ROWS, FRAMES = 200, 160, 100
COLUMN_MM, ROW_MM, FRAME_MM = 2.5, 2.5, 3.0
SLICE_MM = 2.5
#: Contour planes lie between -END_MM and END_MM; only what reaches beyond is cut off there.
END_MM = 145.0
FEWEST_POINTS = 8
ENDLESS = math.inf

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Blob:
    """A smooth body, drawn as one outline per plane.

    Attributes
    ----------
    centre_mm, half_mm : tuple of float
        x, y, z; a half length of `ENDLESS` along z makes a column.
    power : float
        2 is an ellipse in the plane, more is boxier.
    waves : float
        Amplitude of the irregularity, relative to the radius.
    drift_mm : float
        How far the centre wanders on its way along z.
    """

    centre_mm: Point
    half_mm: Point
    power: float = 2.0
    waves: float = 0.05
    drift_mm: float = 0.0

    def outline(self, key: str, z_mm: float, angle: FloatArray) -> FloatArray | None:
        """Points at `angle` of the outline at a height; shape ``(n, 2)``, or None beyond the body's end."""
        above = (z_mm - self.centre_mm[2]) / self.half_mm[2]
        if abs(above) >= 1:
            return None
        cosine, sine = np.cos(angle), np.sin(angle)
        along_x, along_y = np.abs(cosine / self.half_mm[0]), np.abs(sine / self.half_mm[1])
        radius = (along_x**self.power + along_y**self.power) ** (-1 / self.power) * math.sqrt(1 - above**2)
        wave = sum(
            np.cos(order * angle + 2 * np.pi * (unit_number(key, order) + z_mm / (30 + 70 * unit_number(key, -order))))
            / order
            for order in range(2, 10)
        )
        radius = radius * (1 + self.waves * wave)
        turn = 2 * np.pi * z_mm / 90
        x = self.centre_mm[0] + self.drift_mm * math.cos(turn) + radius * cosine
        y = self.centre_mm[1] + self.drift_mm * math.sin(turn) + radius * sine
        return np.column_stack([x, y])


@dataclass(frozen=True)
class Organ:
    """One ROI: blobs that lie apart, or one inside another as its hole.

    Attributes
    ----------
    name, kind : str
        ROIName and RTROIInterpretedType.
    blobs : tuple of Blob
    step : float
        Distance of its points, relative to the plan's.
    """

    name: str
    kind: str
    blobs: tuple[Blob, ...]
    step: float = 1.0


@dataclass(frozen=True)
class Target:
    """Where the dose is high: peak, and widths of the peak and of the bath around it."""

    centre_mm: Point
    peak_gy: float
    sigma_mm: float
    bath_sigma_mm: Point


TARGETS = (
    Target((-85.0, -20.0, 40.0), 42.0, 14.0, (70.0, 60.0, 28.0)),
    Target((-45.0, 20.0, 60.0), 40.0, 10.0, (60.0, 60.0, 22.0)),
    Target((-100.0, 15.0, 10.0), 36.0, 9.0, (60.0, 50.0, 20.0)),
)
#: Share of the peak that the bath has, and the dose under which nothing is recorded.
BATH, FLOOR_GY = 0.3, 0.05

_BOWEL = tuple(
    Blob(
        (-70.0 + 35 * column, -75.0 + 32 * row, -55.0 + 8 * ((column + 2 * row) % 4)), (12.0, 11.0, 42.0), 2.0, 0.12, 3
    )
    for column in range(5)
    for row in range(3)
)
_COLON = (
    Blob((-118.0, 0.0, -50.0), (20.0, 19.0, 60.0), 2.0, 0.1, 3),
    Blob((118.0, 5.0, -45.0), (17.0, 18.0, 62.0), 2.0, 0.1, 3),
    Blob((0.0, -110.0, -30.0), (85.0, 14.0, 18.0), 2.5, 0.05),
)


def _around(target: Target, radius_mm: float, flat: float = 1.0) -> Blob:
    return Blob(target.centre_mm, (radius_mm, radius_mm * 0.95, radius_mm * flat), 2.0, 0.06)


ORGANS = (
    Organ("BODY", "EXTERNAL", (Blob((0, 0, 0), (200, 150, ENDLESS), 2.4, 0.02),), 1.7),
    Organ("Lung_L", "ORGAN", (Blob((95, 5, 150), (58, 92, 82), 2.4),)),
    Organ("Lung_R", "ORGAN", (Blob((-95, 5, 150), (60, 92, 74), 2.4),)),
    Organ("Heart", "ORGAN", (Blob((12, -48, 118), (46, 40, 42)),)),
    Organ("Liver", "ORGAN", (Blob((-82, -15, 35), (82, 92, 66), 2.4),)),
    Organ("Spleen", "ORGAN", (Blob((110, 35, 45), (28, 40, 42)),)),
    Organ("Stomach", "ORGAN", (Blob((55, -55, 40), (40, 34, 44), 2.2, 0.08),)),
    Organ("Kidney_L", "ORGAN", (Blob((66, 58, -5), (28, 31, 54), 2.1, 0.12),)),
    Organ("Kidney_R", "ORGAN", (Blob((-66, 60, -20), (28, 31, 54), 2.1, 0.12),)),
    Organ("SpinalCord", "ORGAN", (Blob((0, 96, 0), (7.5, 6, ENDLESS), 2.0, 0.04, 2),), 0.8),
    Organ("SpinalCord_PRV5", "ORGAN", (Blob((0, 96, 0), (12.5, 11, ENDLESS), 2.0, 0.03, 2),), 0.8),
    Organ("Esophagus", "ORGAN", (Blob((6, 38, 115), (10, 8, 60), 2.0, 0.1, 2),), 0.8),
    Organ("A_Aorta", "ORGAN", (Blob((10, 55, 150), (12, 12, 210), 2.0, 0.03, 3),), 0.8),
    Organ("Pancreas", "ORGAN", (Blob((15, -5, 15), (56, 15, 22), 2.0, 0.1),)),
    Organ("Bowel_Small", "ORGAN", _BOWEL),
    Organ("Bowel_Large", "ORGAN", _COLON),
    Organ("Bladder", "ORGAN", (Blob((0, -55, -118), (40, 32, 24), 2.3),)),
    Organ("Rectum", "ORGAN", (Blob((0, 52, -112), (19, 17, 40), 2.0, 0.1, 2),)),
    Organ("Femur_Head_L", "ORGAN", (Blob((96, 5, -124), (25, 25, 24)),)),
    Organ("Femur_Head_R", "ORGAN", (Blob((-96, 5, -124), (25, 25, 24)),)),
    Organ("GTV_1", "GTV", (_around(TARGETS[0], 7.2),), 0.7),
    Organ("GTV_2", "GTV", (_around(TARGETS[1], 4.2),), 0.7),
    Organ("PTV_1", "PTV", (_around(TARGETS[0], 10.8),), 0.7),
    Organ("PTV_2", "PTV", (_around(TARGETS[1], 6.2), _around(TARGETS[2], 7.0)), 0.7),
    Organ("Ring_PTV", "CONTROL", (_around(TARGETS[0], 34.0), _around(TARGETS[0], 21.0), _around(TARGETS[2], 8.0)), 0.8),
)


def write_plan(
    folder: Path, scale: float = 1.0, *, slices: float = 1.0, size: float = 1.0, bits: int = 32
) -> tuple[Path, ...]:
    """Write the plan as ``RTSTRUCT.dcm``, ``RTPLAN.dcm`` and ``RTDOSE.dcm``, Implicit VR Little Endian.

    Parameters
    ----------
    folder : pathlib.Path
        Made where it doesn't exist.
    scale : float
        Points along every outline, relative to `POINTS` in all; at least `FEWEST_POINTS` an outline.
    slices : float
        Contour planes, relative to those `SLICE_MM` apart; the outlines keep their points.
    size : float
        Lengths of all organs, relative; planes and points keep their distances, so surface and points go with the
        square. The dose stays.
    bits : {16, 32}
        Of the dose's pixels.

    Returns
    -------
    tuple of pathlib.Path
        The files written.
    """
    contours = plan_contours(scale, slices=slices, size=size)
    rois = [RoiSpec(organ.name, number, (), organ.kind) for number, organ in enumerate(ORGANS, start=1)]
    structures = structure_set_dataset(rois, key="large-plan", label="Large")
    for item, roi in zip(structures.ROIContourSequence, contours, strict=True):
        item.ContourSequence = [_contour_item(points) for points in roi]
    target = next(number for number, organ in enumerate(ORGANS, start=1) if organ.name == "PTV_1")
    x_mm, y_mm, z_mm = dose_axes_mm()
    datasets = {
        "RTSTRUCT.dcm": structures,
        "RTPLAN.dcm": plan_dataset(40.0, 5, target="PTV_1", target_roi_number=target, key="large-plan"),
        "RTDOSE.dcm": dose_dataset(
            dose_gy(), (x_mm[0], y_mm[0], z_mm[0]), (FRAME_MM, ROW_MM, COLUMN_MM), bits=bits, key="large-plan"
        ),
    }
    return tuple(_save_implicit(dataset, folder / name) for name, dataset in datasets.items())


def plan_contours(scale: float = 1.0, *, slices: float = 1.0, size: float = 1.0) -> list[list[FloatArray]]:
    """The contours of every organ, each of shape ``(n, 3)`` in mm; arguments as for `write_plan`."""
    step_mm = _step_mm()
    fine = max(256, math.ceil(1024 * scale))
    every = []
    for organ in ORGANS:
        roi = []
        for outline, length in _outlines(organ, slices, size, fine):
            points = max(FEWEST_POINTS, round(scale * length / (organ.step * step_mm)))
            roi.append(_spread(outline, points))
        every.append(roi)
    return every


@lru_cache(maxsize=1)
def _step_mm() -> float:
    """Distance of points that gives the plan at scale 1 its `POINTS`."""
    lengths = [length / organ.step for organ in ORGANS for _, length in _outlines(organ, 1.0, 1.0, 128)]
    return sum(lengths) / POINTS


def dose_axes_mm() -> tuple[FloatArray, FloatArray, FloatArray]:
    """x of the columns, y of the rows and z of the frames of the dose."""

    def axis(count: int, spacing_mm: float) -> FloatArray:
        return np.asarray((np.arange(count) - (count - 1) / 2) * spacing_mm)

    return axis(COLUMNS, COLUMN_MM), axis(ROWS, ROW_MM), axis(FRAMES, FRAME_MM)


def dose_gy() -> FloatArray:
    """Peaks on the targets in a low bath, exactly zero far away; shape ``(FRAMES, ROWS, COLUMNS)``."""
    total = np.zeros((FRAMES, ROWS, COLUMNS))
    for target in TARGETS:
        total += (1 - BATH) * target.peak_gy * _bell(target.centre_mm, (target.sigma_mm,) * 3)
        total += BATH * target.peak_gy * _bell(target.centre_mm, target.bath_sigma_mm)
    return np.asarray(np.clip(total - FLOOR_GY, 0.0, None))


def _bell(centre_mm: Point, sigma_mm: Point) -> FloatArray:
    axes = dose_axes_mm()
    x, y, z = (np.exp(-(((axes[i] - centre_mm[i]) / sigma_mm[i]) ** 2) / 2) for i in range(3))
    return np.asarray(z[:, None, None] * y[:, None] * x)


def _outlines(organ: Organ, slices: float, size: float, fine: int) -> Iterator[tuple[FloatArray, float]]:
    """Every outline of an organ, closed and finely drawn, shape ``(fine + 1, 3)``, with its length in mm."""
    planes = 2 * round(size * slices * END_MM / SLICE_MM) + 1
    angle = np.linspace(0.0, 2 * np.pi, fine + 1)
    for z_mm in np.linspace(-END_MM, END_MM, planes):
        for part, blob in enumerate(organ.blobs):
            outline = blob.outline(f"{organ.name}/{part}", float(z_mm), angle)
            if outline is not None:
                points = size * np.column_stack([outline, np.full(len(outline), z_mm)])
                yield points, float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def _spread(outline: FloatArray, points: int) -> FloatArray:
    """So many points along a closed outline, equally far apart."""
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(outline, axis=0), axis=1))])
    at = np.arange(points) * way[-1] / points
    return np.column_stack([np.interp(at, way, outline[:, axis]) for axis in range(3)])


def _contour_item(points_mm: FloatArray) -> Dataset:
    """A contour whose coordinates are set as bytes: pydicom would make an object of each of millions of numbers."""
    item = Dataset()
    item.ContourGeometricType = "CLOSED_PLANAR"
    item.NumberOfContourPoints = len(points_mm)
    text = "\\".join(map("{:.2f}".format, np.ravel(points_mm + 0.0).tolist())).encode("ascii")
    data = text + b" " * (len(text) % 2)
    # Implicit VR doesn't write the VR, so that these bytes are read as the decimal strings they are.
    item.add_new(Tag("ContourData"), "OB", data)
    return item


def _save_implicit(dataset: FileDataset, path: Path) -> Path:
    """Implicit VR, as most planning systems export: elements of Explicit VR end at 64 kB."""
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    return save(dataset, path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the plan into a folder."""
    parser = argparse.ArgumentParser(prog="python -m bench.plan", description="Write a large plan as DICOM.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=float, default=1.0, help="contour points, relative (default 1)")
    parser.add_argument("--slices", type=float, default=1.0, help="contour planes, relative (default 1)")
    parser.add_argument("--size", type=float, default=1.0, help="lengths of all organs, relative (default 1)")
    options = parser.parse_args(arguments)
    write_plan(options.folder, options.scale, slices=options.slices, size=options.size)


if __name__ == "__main__":
    main()
