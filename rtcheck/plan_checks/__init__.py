"""Plan checks: what DICOM RT files alone tell of a plan's faults, sections A to G; each a small function.

The docstring of a check says where it comes from, in short.

References
----------
.. [1] Xia P, Sintay BJ, Colussi VC, et al. Medical Physics Practice Guideline (MPPG) 11.a: plan and chart review in
   external beam radiotherapy and brachytherapy. J Appl Clin Med Phys 2021;22(9):4-19.
.. [2] Ford E, Conroy L, Dong L, et al. Strategies for effective physics plan and chart review in radiation therapy:
   report of AAPM Task Group 275. Med Phys 2020;47(6):e236-e272.
.. [3] Stuhr D, Zhou Y, Pham H, et al. Automated plan checking software demonstrates continuous and sustained
   improvements in safety and quality: a 3-year longitudinal analysis. Pract Radiat Oncol 2022;12(2):163-169.
.. [4] Hui CB, Nourzadeh H, Watkins WT, et al. Quality assurance tool for organ at risk delineation in radiation therapy
   using a parametric statistical approach. Med Phys 2018;45(5):2089-2096.
.. [5] Benedict SH, Yenice KM, Followill D, et al. Stereotactic body radiation therapy: the report of AAPM Task Group
   101. Med Phys 2010;37(8):4078-4101.
.. [6] Dempsey JF, Romeijn HE, Li JG, et al. A Fourier analysis of the dose grid resolution required for accurate IMRT
   fluence map optimization. Med Phys 2005;32(2):380-388.
.. [7] ICRP Publication 89: Basic anatomical and physiological data for use in radiological protection: reference
   values. Ann ICRP 2002;32(3-4).
.. [8] Mayo CS, Moran JM, Bosch W, et al. AAPM TG-263: standardizing nomenclatures in radiation oncology.
   Int J Radiat Oncol Biol Phys 2018;100(4):1057-1066.
.. [9] Shaw E, Kline R, Gillin M, et al. Radiation Therapy Oncology Group: radiosurgery quality assurance guidelines.
   Int J Radiat Oncol Biol Phys 1993;27:1231-1239.
.. [10] Paddick I. A simple scoring ratio to index the conformity of radiosurgical treatment plans. J Neurosurg
   2000;93(Suppl 3):219-222.
.. [11] Videtic GM, Hu C, Singh AK, et al. RTOG 0915 (NCCTG N0927): a randomized phase 2 study comparing 2 stereotactic
   body radiation therapy schedules. Int J Radiat Oncol Biol Phys 2015;93(4):757-764.
.. [12] ICRU Report 83. Prescribing, recording, and reporting photon-beam intensity-modulated radiation therapy (IMRT).
   J ICRU 2010;10(1).
.. [13] Wang H, Zhang X, Zhu K, et al. Ther Adv Med Oncol 2025;17:1-12 (NCT06261047).
.. [14] DICOM PS3.3, C.8.8 (radiotherapy modules), C.7 (patient, frame of reference, images).
"""

from rtcheck.plan_checks import (
    beam_targets,
    beams,
    contour_faults,
    contour_scan,
    contours,
    delivery,
    dose,
    dose_grid,
    dose_points,
    dose_stored,
    images,
    link_images,
    link_status,
    links,
    organ_ends,
    organ_overlaps,
    organ_volumes,
    organs,
    prescribed,
    prescribed_dose,
    prescribed_level,
    quality,
    quality_hot_spots,
    quality_indices,
    targets,
    targets_in_body,
)
from rtcheck.plan_checks.check import (
    NO_TUNING,
    Alert,
    Answer,
    PlanCheck,
    Shown,
    Threshold,
    Thresholds,
    Tuning,
    Unknown,
    findings_of,
)

_MODULES = (
    *(links, link_images, link_status),
    *(dose, dose_grid, dose_points, dose_stored),
    *(contours, contour_faults, contour_scan, organs, organ_ends, organ_overlaps),
    *(organ_volumes, targets, targets_in_body),
    *(prescribed, prescribed_dose, prescribed_level),
    *(beams, beam_targets, delivery),
    images,
    *(quality, quality_hot_spots, quality_indices),
)
#: All checks, by section and number.
PLAN_CHECKS: tuple[PlanCheck, ...] = tuple(
    sorted(
        (check for module in _MODULES for check in module.CHECKS), key=lambda check: (check.id[0], int(check.id[1:]))
    )
)
__all__ = [
    "NO_TUNING",
    "PLAN_CHECKS",
    "Alert",
    "Answer",
    "PlanCheck",
    "Shown",
    "Threshold",
    "Thresholds",
    "Tuning",
    "Unknown",
    "findings_of",
]
