"""The committed samples as pydicom, shapely and scipy read them, so that rtcheck has no part in the reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pydicom
import shapely
from scipy.ndimage import map_coordinates

from rtcheck.synthetic import SAMPLES

ORGANS = ["Liver", "Kidney_L", "Kidney_R", "Stomach", "Duodenum", "Bowel_Small", "SpinalCord", "Heart"]
ORGANS += ["Lung_L", "Lung_R", "Esophagus"]
#: Every plan of every sample: the sample's name and how the names of the plan's files end.
PLANS = [(spec.name, spec.file_stem("", delivery)) for spec in SAMPLES.values() for delivery in spec.deliveries]
#: A volume in one plane each, by z.
Planes = dict[float, shapely.Geometry]


@dataclass(frozen=True, eq=False)
class Sample:
    """A sample with one of its plans."""

    structure_set: pydicom.Dataset
    plan: pydicom.Dataset
    dose: pydicom.Dataset
    dose_gy: np.ndarray
    shapes: dict[str, Planes]

    @property
    def slice_mm(self) -> float:
        return float(np.diff(sorted(self.shapes["Body"])).max())

    def points_mm(self, name: str, minus: str | None = None, step_mm: float = 2.0) -> np.ndarray:
        """Points ``(z, y, x)`` of an ROI, `step_mm` apart in plane, at three heights in each slice."""
        points = []
        for z, whole in self.shapes[name].items():
            shape = whole.difference(self.shapes[minus][z]) if minus and z in self.shapes[minus] else whole
            shapely.prepare(shape)
            x0, y0, x1, y1 = shape.bounds
            x, y = np.meshgrid(np.arange(x0, x1, step_mm), np.arange(y0, y1, step_mm))
            inside = shapely.contains_xy(shape, x, y)
            for part in (-1, 0, 1):
                height = np.full(inside.sum(), z + part * self.slice_mm / 3)
                points.append(np.c_[height, y[inside], x[inside]])
        return np.concatenate(points)

    def at(self, points_mm: np.ndarray) -> np.ndarray:
        """Dose in Gy at points ``(z, y, x)``, linear between samples; NaN outside the grid."""
        x, y, z = (float(value) for value in self.dose.ImagePositionPatient)
        row_mm, column_mm = (float(value) for value in self.dose.PixelSpacing)
        frame_mm = float(self.dose.GridFrameOffsetVector[1])
        index = (points_mm - [z, y, x]) / [frame_mm, row_mm, column_mm]
        return map_coordinates(self.dose_gy, index.T, order=1, mode="constant", cval=np.nan)

    def doses_gy(self, name: str, minus: str | None = None, step_mm: float = 2.0) -> np.ndarray:
        return self.at(self.points_mm(name, minus, step_mm))

    def cc_per_point(self, step_mm: float = 2.0) -> float:
        return step_mm**2 * self.slice_mm / 3 / 1000

    def volume_cc(self, name: str) -> float:
        return sum(shape.area for shape in self.shapes[name].values()) * self.slice_mm / 1000


@cache
def load(folder: Path, suffix: str = "") -> Sample:
    """A sample of a folder, with the plan and the dose whose files end in `suffix`."""
    plan, dose = (pydicom.dcmread(folder / f"{kind}{suffix}.dcm") for kind in ("RTPLAN", "RTDOSE"))
    structure_set, shapes = structures(folder)
    return Sample(structure_set, plan, dose, dose.pixel_array * float(dose.DoseGridScaling), shapes)


@cache
def structures(folder: Path) -> tuple[pydicom.Dataset, dict[str, Planes]]:
    """The structure set, and its ROIs by name."""
    dataset = pydicom.dcmread(folder / "RTSTRUCT.dcm")
    shapes: dict[str, Planes] = {}
    for roi, item in zip(dataset.StructureSetROISequence, dataset.ROIContourSequence, strict=True):
        planes: dict[float, list[shapely.Polygon]] = {}
        for points in _contours(item):
            planes.setdefault(points[0, 2], []).append(shapely.Polygon(points[:, :2]))
        assert all(polygon.is_valid for polygons in planes.values() for polygon in polygons)
        shapes[roi.ROIName] = {z: shapely.union_all(polygons) for z, polygons in planes.items()}
    return dataset, shapes


def _contours(item: pydicom.Dataset) -> Iterator[np.ndarray]:
    for contour in item.ContourSequence:
        # As it stands in the file: one number object for each of 140000 coordinates takes a second.
        text = contour.get_item("ContourData").value
        points = np.array(text.split(b"\\"), dtype=float).reshape(-1, 3)
        assert len(points) == contour.NumberOfContourPoints
        yield points


@cache
def slices(folder: Path) -> tuple[pydicom.Dataset, ...]:
    """The CT's headers, feet to head."""
    tags = ["SOPInstanceUID", "PatientID", "FrameOfReferenceUID", "PixelSpacing", "SliceThickness"]
    tags += ["ImagePositionPatient", "AcquisitionDate"]
    files = sorted((folder / "CT").glob("*.dcm"))
    return tuple(pydicom.dcmread(file, stop_before_pixels=True, specific_tags=tags) for file in files)


def margins_mm(inner: Planes, outer: Planes) -> np.ndarray:
    """Distance of every point of the outer volume's contours from the inner volume's, in any direction."""
    found = []
    for z, shape in outer.items():
        points = shapely.points(shapely.get_coordinates(shape.boundary))
        to_planes = [np.hypot(shapely.distance(points, other), height - z) for height, other in inner.items()]
        found.append(np.min(to_planes, axis=0))
    return np.concatenate(found)
