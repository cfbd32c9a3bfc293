"""The upper abdomen and chest of a supine adult as implicit surfaces, and the ROIs drawn on it.

Patient coordinates in millimetres (x to the left, y to posterior, z to the head; z = 0 at about the first lumbar
vertebra's height, 80 mm below the right dome of the diaphragm). Every function of `Organs` is negative inside its organ
and grows by at most about 1 per millimetre, so ``gap - f`` cuts an organ away with that much room to spare.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np

from rtcheck.geometry import FloatArray
from rtcheck.synthetic.headers import unit_number
from rtcheck.synthetic.implicit import Point, ellipsoid, tube, union, without

#: Axial planes lie between these. Organs end inside; only the body reaches the first and the last plane.
FIRST_Z_MM, LAST_Z_MM = -165.0, 198.0
#: Every lesion's volumes, from the inside out; they are the names of its ROIs too.
VOLUMES = ("GTV", "CTV", "PTV")


@dataclass(frozen=True)
class Lesion:
    """One gross tumour with its margins.

    Attributes
    ----------
    centre_mm : tuple of float
    radius_mm : float
        Mean radius of the gross tumour.
    name : str
        Tells the lesions of a phantom apart: its ROIs are e.g. ``GTV_Spine``, or plain ``GTV`` where it has none.
    ctv_margin_mm, ptv_margin_mm : float
        GTV to CTV, and CTV to PTV.
    drawn : tuple of str
        Those of `VOLUMES` that somebody drew.
    """

    centre_mm: Point
    radius_mm: float
    name: str = ""
    ctv_margin_mm: float = 5.0
    ptv_margin_mm: float = 4.0
    drawn: tuple[str, ...] = VOLUMES

    def named(self, kind: str) -> str:
        """`kind` (``GTV``, ``RTPLAN`` ...) with the lesion's name."""
        return f"{kind}_{self.name}" if self.name else kind

    @property
    def ptv_radius_mm(self) -> float:
        """Mean radius of the planning target."""
        return self.radius_mm + self.ctv_margin_mm + self.ptv_margin_mm


@dataclass(frozen=True)
class Phantom:
    """What may differ between the phantoms.

    Attributes
    ----------
    key : str
        Varies the organs' shapes by a few percent.
    lesions : tuple of Lesion
    liver_scale : float
        Size of the liver's lobes; 1 gives about 1550 cc.
    slice_mm : float
        Distance of the axial planes that it is imaged and drawn on.
    """

    key: str
    lesions: tuple[Lesion, ...]
    liver_scale: float = 1.0
    slice_mm: float = 3.0

    def planes_mm(self) -> FloatArray:
        """z of every axial plane, feet to head."""
        return FIRST_Z_MM + self.slice_mm * np.arange((LAST_Z_MM - FIRST_Z_MM) // self.slice_mm + 1)


class Organs:
    """The organs of one phantom, sampled on broadcastable coordinate arrays.

    Parameters
    ----------
    phantom : Phantom
    x, y, z : ndarray
        Patient coordinates in mm, broadcastable.
    """

    def __init__(self, phantom: Phantom, x: FloatArray, y: FloatArray, z: FloatArray) -> None:
        self.phantom = phantom
        self.p = (x, y, z)

    def _vary(self, name: str, percent: float = 2.0) -> float:
        """A factor near 1 that belongs to the phantom and the organ."""
        return 1 + percent / 100 * (2 * unit_number(self.phantom.key, name) - 1)

    @cached_property
    def body(self) -> FloatArray:
        """The skin: waisted, narrower at the shoulders, flatter in the back."""
        x, y, z = self.p
        shoulder = np.clip((z - 120) / 90, 0, 1) ** 2
        waist = np.exp(-(((z + 90) / 45) ** 2))
        half_x = 166 - 16 * shoulder - 9 * waist
        half_y = 108 - 12 * shoulder - 5 * waist
        flat = np.where(y > 0, 2.6, 2.15)
        return np.asarray(((np.abs(x / half_x) ** flat + np.abs(y / half_y) ** flat) ** (1 / flat) - 1) * half_y)

    @cached_property
    def muscle(self) -> FloatArray:
        """Chest and abdominal wall and the muscles of the back; fat lies between it and the skin."""
        x, y, z = self.p
        back = ellipsoid((np.abs(x) - 38, y, np.zeros_like(z)), (0, 82, 0), (40, 18, 1e6))
        shoulder = self.body + 12 + np.clip(150 - z, 0, None)
        return np.maximum(union(union(self.cavity - 13, back, 8), shoulder, 8), self.body + 5)

    @cached_property
    def bones(self) -> FloatArray:
        """Vertebral column and ribs."""
        x, y, z = self.p
        flat_z = np.zeros_like(z)
        vertebra = ellipsoid((x, y, flat_z), (0, 57, 0), (21, 16, 1e6), 2.3)
        disc = 1.5 * np.cos(2 * np.pi * z / 33)
        process = tube((x, y, flat_z), ((0, 78, 0), (0, 100, 0)), 4.5)
        transverse = tube((x, y, flat_z), ((-24, 82, 0), (24, 82, 0)), 4.0)
        arch = without(union(process, transverse, 4), self.canal, gap_mm=1.0) + np.abs(z % 33 - 16) / 4 - 1.5
        angle = np.arctan2(x, -y)
        wall = np.abs(self.cavity - 8) - 3.5
        slant = 26 * np.cos(angle)
        rib = np.maximum(wall, np.abs((z + slant) % 27 - 13.5) - 6)
        rib = np.maximum(rib, -60 - 75 * np.clip(-np.cos(angle), 0, 1) + 75 * np.clip(np.cos(angle), 0, 1) - z)
        return np.minimum(np.minimum(vertebra + disc, arch), without(rib, vertebra, gap_mm=3))

    @cached_property
    def canal(self) -> FloatArray:
        """The spinal canal."""
        x, y, z = self.p
        return ellipsoid((x, y, np.zeros_like(z)), (0, 83, 0), (11, 9, 1e6))

    @cached_property
    def spinalcord(self) -> FloatArray:
        """The spinal cord, ending inside the first and the last plane."""
        x, y, z = self.p
        within = np.maximum(FIRST_Z_MM + 4.5 - z, z - LAST_Z_MM + 4.5)
        return np.maximum(ellipsoid((x, y, np.zeros_like(z)), (0, 83, 0), (7.5, 6, 1e6)), within)

    @cached_property
    def spine(self) -> FloatArray:
        """Vertebrae with the muscles beside them, where no organ lies."""
        x, y, z = self.p
        return ellipsoid((x, y, np.zeros_like(z)), (0, 74, 0), (29, 36, 1e6), 2.2)

    @cached_property
    def cavity(self) -> FloatArray:
        """Inside of ribs and abdominal wall, narrowing towards the apex of the chest."""
        x, y, z = self.p
        part = np.sqrt(np.clip(1 - (np.clip(z - 60, 0, None) / 134) ** 2.8, 0.0009, None))
        waist = np.exp(-(((z + 100) / 50) ** 2))
        half_x, half_y = (136 - 7 * waist) * part, (85 - 3 * waist) * part
        back = 12 * (1 - part)
        scaled = (x / half_x, (y - back + 2) / half_y, np.zeros_like(z))
        return np.asarray(ellipsoid(scaled, (0, 0, 0), (1, 1, 1), 2.25) * half_y)

    @cached_property
    def diaphragm_z(self) -> FloatArray:
        """Height of the diaphragm over every (x, y): two domes, deep at the back and sides."""
        x, y, _ = self.p
        right = self._dome(x, y, -62.0, 80.0 * self._vary("right dome"))
        left = self._dome(-x, y, -72.0, 62.0 * self._vary("left dome"))
        return np.asarray(-union(-np.maximum(right, -46.0), -np.maximum(left, -46.0), 12.0))

    @staticmethod
    def _dome(x: FloatArray, y: FloatArray, centre_x: float, top_z: float) -> FloatArray:
        lateral = np.clip(centre_x - x, 0, None) / 76
        medial = np.clip(x - centre_x, 0, None) / 125
        back, front = np.clip(y + 10, 0, None) / 86, np.clip(-10 - y, 0, None) / 115
        return np.asarray(top_z - 112 * (lateral**2.4 + medial**2 + back**2.4 + front**2.4))

    @cached_property
    def abdomen(self) -> FloatArray:
        """Below the diaphragm; scaled down as a surface this steep asks for."""
        return np.asarray((self.p[2] - self.diaphragm_z) * 0.45)

    @cached_property
    def chest(self) -> FloatArray:
        """Above the diaphragm."""
        return -self.abdomen

    @cached_property
    def heart(self) -> FloatArray:
        """An oblique ellipsoid that lies on the diaphragm."""
        x, y, z = self.p
        turn = np.deg2rad(32)
        u = (x - 22) * np.cos(turn) - (y + 28) * np.sin(turn)
        v = (x - 22) * np.sin(turn) + (y + 28) * np.cos(turn)
        size = self._vary("heart")
        shape = ellipsoid((u, v, z - 108), (0, 0, 0), (60 * size, 44 * size, 50 * size), 2.2)
        return without(shape, self.spine, -self.cavity, self.abdomen, gap_mm=3)

    @cached_property
    def esophagus(self) -> FloatArray:
        """From the upper mediastinum behind the heart to the stomach."""
        path: tuple[Point, ...] = ((3, 27, 180), (6, 30, 130), (11, 28, 85), (20, 16, 62), (32, 4, 46))
        return without(
            tube(self.p, path, 8.5 * self._vary("esophagus")),
            self.heart,
            self.spine,
            self.aorta,
            self.stomach,
            gap_mm=1.5,
        )

    @cached_property
    def aorta(self) -> FloatArray:
        """Descending aorta, in front of the vertebrae."""
        path: tuple[Point, ...] = ((24, 34, 150), (24, 34, 60), (10, 24, 0), (4, 24, -150))
        return without(tube(self.p, path, 10.5), self.spine, gap_mm=1.0)

    @cached_property
    def mediastinum(self) -> FloatArray:
        """What keeps the lungs apart."""
        x, y, z = self.p
        return ellipsoid((x, y, np.zeros_like(z)), (3, -5, 0), (31, 100, 1e6), 2.0)

    @cached_property
    def lung_l(self) -> FloatArray:
        """The left lung."""
        return self._lung(1)

    @cached_property
    def lung_r(self) -> FloatArray:
        """The right lung."""
        return self._lung(-1)

    def _lung(self, side: int) -> FloatArray:
        """The right lung (side -1) or the left one (side 1)."""
        x, _, z = self.p
        region = np.maximum(np.maximum(self.cavity + 2, -side * x), z - 188)
        return without(
            np.maximum(region, 3 - self.abdomen),
            self.mediastinum,
            self.spine,
            self.heart,
            self.liver,
            self.kidney_l,
            self.kidney_r,
            self.spleen,
            self.stomach,
            self.esophagus,
        )

    @cached_property
    def kidney_l(self) -> FloatArray:
        """The left kidney."""
        return self._kidney(1)

    @cached_property
    def kidney_r(self) -> FloatArray:
        """The right kidney, a little lower."""
        return self._kidney(-1)

    @cached_property
    def kidney_cortex_l(self) -> FloatArray:
        """The cortex of the left kidney."""
        return self._cortex(1)

    @cached_property
    def kidney_cortex_r(self) -> FloatArray:
        """The cortex of the right kidney."""
        return self._cortex(-1)

    def _cortex(self, side: int) -> FloatArray:
        """A kidney without its sinus, which opens at the hilum."""
        kidney = self.kidney_l if side > 0 else self.kidney_r
        u, v, w = self._at_kidney(side)
        sinus = ellipsoid((u, v, w), (-22, -14, 0), (24, 22, 33))
        return np.maximum(kidney, -sinus)

    def _at_kidney(self, side: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Coordinates from a kidney's centre: outwards, backwards and upwards."""
        x, y, z = self.p
        top = -28.0 if side > 0 else -46.0
        centre_x = side * (61 - 0.16 * (z - top))
        return side * (x - centre_x), y - 42 - 0.1 * (z - top), z - top

    def _kidney(self, side: int) -> FloatArray:
        """The right kidney (side -1) or the left one (side 1), with its hilum."""
        size = self._vary(f"kidney {side}")
        u, v, w = self._at_kidney(side)
        turned = (0.85 * u + 0.53 * v, -0.53 * u + 0.85 * v, w)
        bean = ellipsoid(turned, (0, 0, 0), (24.5 * size, 30 * size, 54 * size), 2.1)
        hilum = ellipsoid((u, v, w), (-25, -17, 0), (15, 15, 24))
        return without(bean, hilum, self.spine, gap_mm=2)

    @cached_property
    def spleen(self) -> FloatArray:
        """Behind the stomach, under the left dome."""
        shape = ellipsoid(self.p, (102, 32, 12), (26, 38, 46), 2.2)
        return without(shape, -self.cavity, self.chest, self.kidney_l, gap_mm=3)

    @cached_property
    def stomach(self) -> FloatArray:
        """Fundus, body and antrum."""
        size = self._vary("stomach")
        fundus = ellipsoid(self.p, (58, -2, 22), (34 * size, 32 * size, 30))
        corpus = ellipsoid(self.p, (54, -28, -14), (28 * size, 25 * size, 44))
        antrum = ellipsoid(self.p, (18, -46, -44), (42, 19 * size, 18))
        shape = union(union(fundus, corpus, 18), antrum, 18)
        others = (self.liver, self.spleen, self.kidney_l, self.spine, self.heart, self.aorta)
        return without(shape, *others, -self.cavity, self.chest)

    @cached_property
    def liver(self) -> FloatArray:
        """Right lobe, left lobe across the midline, and the visceral surface that cuts them off obliquely."""
        x, y, z = self.p
        scale = self.phantom.liver_scale * self._vary("liver", 1.0)
        right = ellipsoid(self.p, (-72, 2, -12), (64.5 * scale, 82.5 * scale, 96 * scale), 2.5)
        left = ellipsoid((x, y - 0.1 * x, z - 0.2 * x), (-8, -40, 22), (79 * scale, 35 * scale, 37 * scale), 2.2)
        ripple = 1.8 * np.sin(x / 17 + 1) * np.cos(z / 23) + 1.5 * np.sin(y / 19)
        visceral = (-62 + 0.62 * (x + 72) + 0.2 * y - 0.0035 * (x + 72) ** 2 * (x < -72) - z) * 0.75
        shape = np.maximum(union(right, left, 26) + ripple, visceral)
        others = (self.spine, self.kidney_r, self.heart, self.cava)
        return without(shape, *others, -self.cavity, self.chest)

    @cached_property
    def cava(self) -> FloatArray:
        """Inferior vena cava."""
        path: tuple[Point, ...] = ((-16, 14, 75), (-20, 22, 0), (-16, 24, -150))
        return tube(self.p, path, 9.0)

    @cached_property
    def duodenum(self) -> FloatArray:
        """From the antrum round the head of the pancreas."""
        path: tuple[Point, ...] = (
            (-26, -36, -46),
            (-38, -18, -54),
            (-41, -4, -66),
            (-40, 0, -90),
            (-28, 2, -101),
            (0, 0, -103),
            (24, -2, -94),
            (36, -12, -80),
        )
        shape = tube(self.p, path, 11.5 * self._vary("duodenum"))
        others = (self.liver, self.stomach, self.kidney_l, self.kidney_r, self.spine, self.aorta)
        return without(shape, *others, self.cava, gap_mm=1.5)

    @cached_property
    def bowel_small(self) -> FloatArray:
        """Loops at four heights, each a serpentine, bent so that no two look alike."""
        x, y, z = self.p
        bent = (x + 6 * np.sin(y / 17 + z / 26), y + 6 * np.sin(x / 27 + z / 19), z + 3 * np.sin(x / 22) + 0 * y)
        loops = [tube(bent, _serpentine(height, ends), 10.0) for height, ends in BOWEL_LEVELS]
        others = (self.liver, self.stomach, self.duodenum, self.kidney_l, self.kidney_r, self.spine)
        return without(reduce(np.minimum, loops), *others, self.aorta, self.cava, -self.cavity)

    def gtv(self, lesion: Lesion) -> FloatArray:
        """Distance outside the gross tumour along the ray from its centre: a sphere with gentle lobes."""
        x, y, z = (u - c for u, c in zip(self.p, lesion.centre_mm, strict=True))
        distance = np.sqrt(x * x + y * y + z * z)
        safe = np.maximum(distance, 1e-6)
        u, v, w = x / safe, y / safe, z / safe
        lobes = 0.05 * (u * u - v * v) + 0.07 * u * v - 0.06 * w * w + 0.03 * w * (5 * w * w - 3) / 2
        phase = 2 * unit_number(self.phantom.key, lesion.named("gtv")) - 1
        return np.asarray(distance - lesion.radius_mm * (1.01 + lobes + 0.03 * phase * u * w))

    def ctv(self, lesion: Lesion) -> FloatArray:
        """`gtv` with the margin round it."""
        return self.gtv(lesion) - lesion.ctv_margin_mm

    def ptv(self, lesion: Lesion) -> FloatArray:
        """`ctv` with the margin round it."""
        return self.ctv(lesion) - lesion.ptv_margin_mm


#: Height of each layer of small bowel and where its loops turn round, front and back (mm).
BOWEL_LEVELS = ((-84.0, (-64.0, -30.0)), (-106.0, (-62.0, -34.0)), (-128.0, (-58.0, 16.0)), (-146.0, (-52.0, 20.0)))


def _serpentine(height: float, ends: tuple[float, float]) -> tuple[Point, ...]:
    corners: list[Point] = []
    for index, x in enumerate((-81.0, -54.0, -27.0, 0.0, 27.0, 54.0, 81.0)):
        corners += [(x, end, height) for end in (ends if index % 2 else ends[::-1])]
    return tuple(corners)
