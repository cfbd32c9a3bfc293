"""The sample plans: what they are, and what is declared of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from rtcheck.sheet import LesionKind, Reduction
from rtcheck.synthetic.anatomy import Lesion, Phantom
from rtcheck.synthetic.beams import FULL_TURN
from rtcheck.synthetic.declared import ONCOLOGIST, bone_lesion, complete, lesion
from rtcheck.synthetic.delivery import WHOLE_BODY, Delivery, DoseGrid
from rtcheck.synthetic.sheets import SheetSpec


@dataclass(frozen=True)
class SampleSpec:
    """One sample: a patient with a structure set, a plan with its dose for each delivery, and what is declared.

    Attributes
    ----------
    name : str
        Its folder.
    description : str
        What it shows.
    patient_id, patient_name : str
    anatomy : str
        Samples of the same anatomy show the same phantom.
    lesions : tuple of Lesion
    deliveries : tuple of Delivery
        Each to the lesions that it names; no two to the same.
    sheets : tuple of SheetSpec
        Case sheets; each is a case of its own with the same DICOM files.
    liver_scale, slice_mm : float
        See `Phantom`.
    """

    name: str
    description: str
    patient_id: str
    patient_name: str
    anatomy: str
    lesions: tuple[Lesion, ...]
    deliveries: tuple[Delivery, ...]
    sheets: tuple[SheetSpec, ...] = ()
    liver_scale: float = 1.0
    slice_mm: float = 3.0

    def key(self, seed: int) -> str:
        """What all UIDs of the sample are derived from."""
        return f"{self.name}/{seed}"

    def phantom(self, seed: int) -> Phantom:
        """The anatomy with its tumours."""
        return Phantom(f"{self.anatomy}/{seed}", self.lesions, self.liver_scale, self.slice_mm)

    def treated(self, delivery: Delivery) -> tuple[Lesion, ...]:
        """The lesions that a delivery treats, in its order."""
        named = {lesion.name: lesion for lesion in self.lesions}
        return tuple(named[name] for name in delivery.lesions)

    def file_stem(self, kind: str, delivery: Delivery) -> str:
        """Name of a delivery's plan or dose: with that of its lesion where there are several plans."""
        return kind if len(self.deliveries) == 1 else self.treated(delivery)[0].named(kind)


SMALL_LESION = Lesion((-96.0, -14.0, -30.0), 18.1)
#: Four in the liver, one in the right lung and one in a rib; the first has the isocentre.
SIX_LESIONS = (
    Lesion((-75.0, 0.0, 33.0), 9.0, "1"),
    Lesion((-104.0, -12.0, -27.0), 12.0, "2"),
    Lesion((-60.0, -54.0, 24.0), 9.0, "3"),
    Lesion((-14.0, -54.0, 15.0), 9.0, "4"),
    Lesion((-80.0, -4.0, 129.0), 9.0, "5"),
    Lesion((-122.0, 47.0, 105.0), 8.0, "6", ctv_margin_mm=6.0),
)
#: Two planning systems, two grids: both hold the whole body section, and hardly a sample of one lies on the other's.
LIVER_GRID = DoseGrid((-170.0, -112.0, -167.0), 4.0, (86, 57, 93))
SPINE_GRID = DoseGrid((-171.5, -113.5, -169.0), 3.5, (99, 66, 107))
#: 2 Gy a day, of which a grid of 4 mm is fine enough.
COARSE = Delivery(50.0, 25, hot=0.06, grid=LIVER_GRID)
#: Reaches less into the liver than the dose of one lesion does: there are six.
NARROW = Delivery(40.0, 5, tuple(one.name for one in SIX_LESIONS), steep_mm=6.0, bath=0.25, bath_mm=50.0)

LAST_OF_25_DAYS = date(2024, 3, 1)
KIDNEY_REDUCTION = Reduction("right kidney beside the PTV, and the left one is small", "Kidney_R")
CORD_REDUCTION = Reduction("the cord beside the vertebra tolerates no more in 3 fractions", "SpinalCord")

SAMPLES: dict[str, SampleSpec] = {
    spec.name: spec
    for spec in (
        SampleSpec(
            "hcc-sbrt-5fx",
            "40 Gy in 5 fractions (BED10 72 Gy) to a small lesion; meets every rule",
            "SYNTH-HCC-001",
            "Phantom^Liver SBRT",
            "small lesion",
            (SMALL_LESION,),
            (Delivery(40.0, 5),),
            (
                SheetSpec(
                    "Complies: all that the trial asks is declared, attested and signed.",
                    "PASS",
                    complete(1, [lesion()]),
                ),
                SheetSpec(
                    "One radiation oncologist approved the contours: the second approval isn't there yet.",
                    "NOT_EVALUATED",
                    complete(1, [lesion()], oncologists=[ONCOLOGIST], file="case-one-oncologist.yaml"),
                ),
            ),
        ),
        SampleSpec(
            "hcc-imrt-25fx",
            "50 Gy in 25 fractions (BED10 exactly 60 Gy) to a larger lesion; meets the QUANTEC limits",
            "SYNTH-HCC-002",
            "Phantom^Liver IMRT",
            "larger lesion",
            (Lesion((-86.0, -12.0, -6.0), 27.0),),
            (Delivery(50.0, 25, hot=0.06, steep_mm=9.0, bath=0.44, bath_mm=75.0),),
            (
                SheetSpec(
                    "Complies in 25 fractions: BED10 of the prescription is exactly 60 Gy.",
                    "PASS",
                    complete(2, [lesion()], last_day=LAST_OF_25_DAYS),
                ),
            ),
        ),
        SampleSpec(
            "hcc-cpb7-large-ptv",
            "40 Gy in 5 fractions to a large lesion in a small liver; less than 700 cc of liver gets under 15 Gy",
            "SYNTH-HCC-003",
            "Phantom^Liver Small",
            "large lesion",
            (Lesion((-71.0, -21.0, 7.0), 39.0),),
            (Delivery(40.0, 5, steep_mm=9.0, bath=0.36, bath_mm=70.0),),
            (
                SheetSpec(
                    "Child-Pugh B7, and less than 700 cc of normal liver get at most 15 Gy.",
                    "FAIL",
                    complete(3, [lesion()], child_pugh="B7"),
                ),
            ),
            liver_scale=0.79,
        ),
        SampleSpec(
            "hcc-35gy-5fx",
            "35 Gy in 5 fractions (BED10 59.5 Gy): the prescription alone falls short",
            "SYNTH-HCC-004",
            "Phantom^Liver Low Dose",
            "small lesion",
            (SMALL_LESION,),
            (Delivery(35.0, 5),),
            (
                SheetSpec("BED10 of 59.5 Gy, and nobody says why.", "FAIL", complete(4, [lesion()])),
                SheetSpec(
                    "BED10 of 59.5 Gy, with the reason and the organ that limits the dose.",
                    "ACCEPTABLE",
                    complete(4, [lesion(reduction=KIDNEY_REDUCTION)], file="case-reduced.yaml"),
                ),
            ),
        ),
        SampleSpec(
            "grid-misses-liver",
            "40 Gy in 5 fractions; the dose grid ends inside the liver, so the spared volume can't be decided",
            "SYNTH-HCC-005",
            "Phantom^Liver Cut Grid",
            "small lesion",
            (SMALL_LESION,),
            # The last frame lies at z = 9 mm.
            (Delivery(40.0, 5, grid=replace(WHOLE_BODY, samples=(115, 77, 60))),),
            (
                SheetSpec(
                    "Child-Pugh B7, and the dose grid ends inside the liver: 700 cc at most 15 Gy can't be decided.",
                    "NOT_EVALUATED",
                    complete(5, [lesion()], child_pugh="B7"),
                ),
            ),
        ),
        SampleSpec(
            "two-lesions-two-plans",
            "40 Gy in 5 fractions to the liver and 27 Gy in 3 to a vertebra: each plan alone spares the liver, the sum "
            "of both doesn't",
            "SYNTH-HCC-006",
            "Phantom^Liver And Spine",
            "two lesions",
            (
                Lesion((-62.0, -8.0, 20.0), 19.0, "Liver"),
                Lesion((0.0, 55.0, 16.5), 14.0, "Spine", ctv_margin_mm=2.0, ptv_margin_mm=2.0),
            ),
            (
                Delivery(40.0, 5, ("Liver",), "Liver 40Gy5F", grid=LIVER_GRID),
                Delivery(27.0, 3, ("Spine",), "T12 27Gy3F", steep_mm=5.0, path=FULL_TURN, grid=SPINE_GRID),
            ),
            (
                SheetSpec(
                    "Child-Pugh B7: each plan alone spares 700 cc of normal liver, the sum of both doesn't.",
                    "FAIL",
                    complete(
                        6,
                        [
                            lesion("L1", "_Liver", plan="Liver 40Gy5F"),
                            bone_lesion("T12", "_Spine", vertebra=True, plan="T12 27Gy3F", reduction=CORD_REDUCTION),
                        ],
                        child_pugh="B7",
                        last_day=date(2024, 2, 7),
                    ),
                ),
            ),
            liver_scale=0.8,
        ),
        SampleSpec(
            "six-lesions",
            "40 Gy in 5 fractions to each of six lesions in liver, lung and a rib: one more than the trial allows",
            "SYNTH-HCC-007",
            "Phantom^Liver Six",
            "six lesions",
            SIX_LESIONS,
            (NARROW,),
            (
                SheetSpec(
                    "Six lesions in three organs: one more than the trial allows.",
                    "FAIL",
                    complete(
                        7,
                        [
                            lesion("L1", "_1"),
                            *(lesion(f"L{n}", f"_{n}", kind=LesionKind.METASTASIS) for n in (2, 3, 4)),
                            lesion("L5", "_5", organ="lung", kind=LesionKind.METASTASIS),
                            bone_lesion("L6", "_6"),
                        ],
                    ),
                ),
            ),
        ),
        SampleSpec(
            "ct-4mm",
            "50 Gy in 25 fractions (BED10 exactly 60 Gy), imaged and drawn on slices of 4 mm",
            "SYNTH-HCC-008",
            "Phantom^Liver Thick Slices",
            "small lesion",
            (SMALL_LESION,),
            (COARSE,),
            (
                SheetSpec(
                    "The planning CT's slices are 4 mm thick.",
                    "FAIL",
                    complete(8, [lesion()], last_day=LAST_OF_25_DAYS),
                ),
            ),
            slice_mm=4.0,
        ),
        SampleSpec(
            "margin-8mm",
            "40 Gy in 5 fractions to a PTV 8 mm round the CTV",
            "SYNTH-HCC-009",
            "Phantom^Liver Wide Margin",
            "small lesion",
            (replace(SMALL_LESION, ptv_margin_mm=8.0),),
            (Delivery(40.0, 5),),
            (SheetSpec("The PTV is the CTV and 8 mm; the trial asks for 2 to 5 mm.", "FAIL", complete(9, [lesion()])),),
        ),
        SampleSpec(
            "missing-ptv",
            "50 Gy in 25 fractions to one of two lesions; the other has a GTV, a CTV and no PTV",
            "SYNTH-HCC-010",
            "Phantom^Liver Missing PTV",
            "small lesion",
            (
                replace(SMALL_LESION, name="1"),
                Lesion((-60.0, -48.0, 27.0), 11.0, "2", drawn=("GTV", "CTV")),
            ),
            (replace(COARSE, lesions=("1",)),),
            (
                SheetSpec(
                    "The PTV of the second lesion isn't drawn, and no plan treats it.",
                    "NOT_EVALUATED",
                    complete(
                        10,
                        [lesion("L1", "_1"), lesion("L2", "_2", kind=LesionKind.METASTASIS)],
                        last_day=LAST_OF_25_DAYS,
                    ),
                ),
            ),
        ),
    )
}
