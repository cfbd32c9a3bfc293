"""What no file tells and a person has to, and what the checks can't see; texts for the reader."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: Section H: recorded in the case sheet with name, role, date and remark.
ATTESTED: tuple[str, ...] = (
    "Contours were approved by two radiation oncologists.",
    "The plan was reviewed by a dosimetrist, a physicist and a radiation oncologist.",
    "Monitor units were checked by an independent calculation.",
    "The plan was measured, or checked otherwise for this patient (patient-specific QA).",
    "Where the patient was irradiated before, and when.",
    "How motion was managed at the simulation and is at the treatment.",
    "The prescription that the physician ordered: the files have the one that was planned.",
    "An alert that may stand: with a reason, by name, for the check and the subject.",
)
#: What holds for every check.
UNSEEN_BY_ALL: tuple[str, ...] = (
    "No pixel of an image is read: artefacts, contrast, the calibration of CT numbers, and a CT of somebody else under "
    "the right identity stay unseen.",
    "The dose is taken as the file has it: whether the algorithm, the beam model, the couch model and the calculation "
    "volume were right isn't in it.",
    "Machines are known by what the plan says of them: which energies, leaves and limits were commissioned isn't.",
    "A contour is judged by its shape, place and size, never by the anatomy below it.",
    "What names mean is told by TG-263 and its synonyms; under a name that nobody knows an organ isn't asked. A check "
    "that found no organ at all says so.",
    "An attribute that a planning system doesn't export can't be judged. Where its absence would read as good, the "
    "check says that it couldn't look; where DICOM makes it optional and its absence is the rule, it is named below.",
)
#: What a check can't see, by its id.
UNSEEN: Mapping[str, str] = MappingProxyType(
    {
        "A1": "Files of two patients under one identity, and a right name on another patient's plan.",
        "A2": "Whether a structure set was changed under the same UID.",
        "A4": "Whether a registration that moved a dose was good: it is shown.",
        "A5": "Contours that were shifted by whole slices, or within them.",
        "A6": "Copies that differ by a rounding, and versions of a plan with different doses.",
        "A7": "The hour: only days are compared. Days before 1985 are taken for what de-identification left.",
        "B4": "Steps of the single doses of which a sum was made.",
        "B5": "Whether the dose was calculated on a coarser grid than the one it was exported on.",
        "B6": "Outlines of the patient and supports, which may leave the grid.",
        "B7": "A calculation volume that ends inside the grid.",
        "B8": "Overrides of single ROIs (C14), and how densities were made of CT numbers.",
        "B10": "Beams that state no dose at a point: then nothing passes.",
        "B11": "ROIs below the least volume, and outlines of the patient, which systems cut differently.",
        "C2": "A first or last slice that is missing.",
        "C3": "Pieces of bowel, nodes, vessels and helper structures.",
        "C4": "Children, and organs that disease or surgery has changed.",
        "C5": "An image series whose sides were exchanged as a whole.",
        "C6": "Lesions whose volumes neither sheet, names nor place tell apart.",
        "C7": "Why a margin is what it is: motion, cropping on purpose, the margin recipe.",
        "C8": "Organs of the list that may overlap, and organs that aren't on it.",
        "C13": "Slices that were interpolated and not drawn.",
        "C14": "Overrides that a planning system doesn't export: the sequence is optional, and its absence passes.",
        "C15": "Organs of which no percentage is asked, and a scan that ends where an organ does.",
        "C17": "Organs that may end anywhere, such as bowel, and a part of an organ that is left out elsewhere.",
        "D1": "The order of the physician.",
        "D5": "Doses and numbers in labels without a unit.",
        "D6": "Which part of a target is cold: D95% and D50% alone are asked.",
        "D7": "Fractions given twice a day, and pauses.",
        "E2": "Shifts from marks on the skin to the isocentre.",
        "E4": "Monitor units of electrons and particles against their dose, and wedges and trays by themselves.",
        "E5": "Doses at different points, which don't add up.",
        "E7": "Collisions: a turned couch is told, the geometry of gantry, couch and patient isn't calculated.",
        "E8": "Blocks, cones, applicators and compensators, which make a field smaller; leakage; narrow segments of a "
        "modulated beam, since its area is averaged over its monitor units.",
        "E9": "Whether the limits of a tolerance table are the clinic's.",
        "E10": "How thick a bolus is, whether it was in the calculation, and one that no file mentions.",
        "E12": "Whether the machine can do it: speeds of leaves and gantry, dose rates between control points.",
        "E13": "How fields are modulated: the rectangle around a field is taken. Blocks, cones and wedges. "
        "A distance from source to axis that isn't stated is taken for 1000 mm.",
        "F1": "What the slices show.",
        "F3": "Changes of the patient since the CT.",
        "F4": "Averages and phases that neither ImageType nor SeriesDescription names.",
        "F5": "A body that is drawn inside the images where these cut the patient.",
        "G2": "Each of several targets in one dose by itself: an isodose is that of all.",
        "G3": "Spots smaller than a dose voxel, and those within one of a target.",
        "G4": "How fragile a number is: the intervals of the dose limits say it.",
    }
)
