"""Small DICOM files, built with pydicom itself: the reader under test shares no code with what wrote them."""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pydicom
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.tag import Tag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

STORAGE = "1.2.840.10008.5.1.4.1.1."
FRAME = "1.2.3.9"
SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10]]


def base(sop_class, uid, modality, patient="P1"):
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = STORAGE + sop_class
    ds.SOPInstanceUID = uid
    ds.Modality = modality
    ds.PatientName = "Doe^Jane"
    ds.PatientID = patient
    ds.PatientBirthDate = "19500101"
    ds.PatientSex = "F"
    return ds


def reference(uid, sop_class="481.5"):
    ds = Dataset()
    ds.ReferencedSOPClassUID = STORAGE + sop_class
    ds.ReferencedSOPInstanceUID = uid
    return ds


def plan(uid="1.2.3.1", label="Plan1", *, structures="1.2.3.2", frame=FRAME, patient="P1", fractions=5):
    ds = base("481.5", uid, "RTPLAN", patient)
    ds.RTPlanLabel = label
    ds.RTPlanDate = "20240101"
    ds.RTPlanGeometry = "PATIENT"
    if frame:
        ds.FrameOfReferenceUID = frame
    target = Dataset()
    target.DoseReferenceNumber = 1
    target.DoseReferenceStructureType = "SITE"
    target.DoseReferenceDescription = "PTV"
    target.DoseReferenceType = "TARGET"
    target.TargetPrescriptionDose = 40
    ds.DoseReferenceSequence = [target]
    used = Dataset()
    used.ReferencedBeamNumber = 1
    used.BeamDose = 8
    used.BeamMeterset = 100.5
    group = Dataset()
    group.FractionGroupNumber = 1
    group.NumberOfFractionsPlanned = fractions
    group.NumberOfBeams = 1
    group.ReferencedBeamSequence = [used]
    ds.FractionGroupSequence = [group]
    beam = Dataset()
    beam.BeamNumber = 1
    beam.BeamName = "Arc"
    beam.RadiationType = "PHOTON"
    beam.TreatmentDeliveryType = "TREATMENT"
    beam.TreatmentMachineName = "Linac"
    ds.BeamSequence = [beam]
    if structures:
        ds.ReferencedStructureSetSequence = [reference(structures, "481.3")]
    return ds


def treating(ds, groups, beams=None, control_points=None):
    """A plan of these fraction groups: numbers of beams by number of group; names of beams that only set up."""
    beams = {} if beams is None else beams
    ds.FractionGroupSequence, ds.BeamSequence = [], []
    for number, used in groups.items():
        group = Dataset()
        group.FractionGroupNumber, group.NumberOfFractionsPlanned = number, 5
        group.ReferencedBeamSequence = []
        for beam in used:
            item = Dataset()
            item.ReferencedBeamNumber = beam
            group.ReferencedBeamSequence.append(item)
        ds.FractionGroupSequence.append(group)
    for number in sorted({beam for used in groups.values() for beam in used} | set(beams)):
        beam = Dataset()
        beam.BeamNumber, beam.BeamName = number, f"Arc {number}"
        beam.TreatmentDeliveryType = beams.get(number, "TREATMENT")
        if control_points:
            beam.NumberOfControlPoints = control_points
        ds.BeamSequence.append(beam)
    return ds


def aimed(ds, **targets):
    """A plan with these targets and their doses."""
    ds.DoseReferenceSequence = []
    for number, (name, dose_gy) in enumerate(targets.items(), start=1):
        item = Dataset()
        item.DoseReferenceNumber, item.DoseReferenceStructureType = number, "SITE"
        item.DoseReferenceDescription, item.DoseReferenceType = name, "TARGET"
        item.TargetPrescriptionDose = dose_gy
        ds.DoseReferenceSequence.append(item)
    return ds


def naming(ds, groups, plan="1.2.3.1"):
    """A dose that says which groups and beams it is of: beams by group; ``(beam, start, stop)`` for control points."""
    item = reference(plan)
    item.ReferencedFractionGroupSequence = []
    for number, beams in groups.items():
        group = Dataset()
        if number is not None:
            group.ReferencedFractionGroupNumber = number
        if beams:
            group.ReferencedBeamSequence = [_named_beam(beam) for beam in beams]
        item.ReferencedFractionGroupSequence.append(group)
    ds.ReferencedRTPlanSequence = [item]
    return ds


def _named_beam(beam):
    item = Dataset()
    if isinstance(beam, tuple):
        beam, start, stop = beam
        stretch = Dataset()
        stretch.ReferencedStartControlPointIndex, stretch.ReferencedStopControlPointIndex = start, stop
        item.ReferencedControlPointSequence = [stretch]
    item.ReferencedBeamNumber = beam
    return item


def registration(uid="1.2.3.7", frames=None, *, registered="1.2.8", kind="RIGID", patient="P1", sop_class="66.1"):
    """A spatial registration: for each frame of reference a 4 x 4 matrix, or several that are multiplied."""
    ds = base(sop_class, uid, "REG", patient)
    ds.FrameOfReferenceUID = registered
    ds.RegistrationSequence = []
    for frame, matrices in (frames or {}).items():
        item = Dataset()
        item.FrameOfReferenceUID = frame
        inner = Dataset()
        inner.MatrixSequence = []
        for matrix in matrices if isinstance(matrices, list) else [matrices]:
            one = Dataset()
            one.FrameOfReferenceTransformationMatrixType = kind
            text = "\\".join(f"{value:.10g}" for value in np.ravel(matrix))
            put_raw(one, 0x300600C6, "DS", text.encode())
            inner.MatrixSequence.append(one)
        item.MatrixRegistrationSequence = [inner]
        ds.RegistrationSequence.append(item)
    return ds


def put_raw(ds, tag, vr, value):
    """Bytes as an element's value, written as they stand: nonsense can be written too."""
    value += b" " * (len(value) % 2)
    ds[tag] = RawDataElement(Tag(tag), vr, len(value), value, 0, True, True)


def contour(points, kind="CLOSED_PLANAR", text=None, count=None):
    ds = Dataset()
    ds.ContourGeometricType = kind
    ds.NumberOfContourPoints = len(points) if count is None else count
    if text is None:
        text = "\\".join(f"{value:g}" for point in points for value in point)
    put_raw(ds, 0x30060050, "DS", text.encode())
    return ds


def structures(uid="1.2.3.2", label="Structs", *, frame=FRAME, patient="P1", names=("GTV", "Liver"), n_slices=3):
    ds = base("481.3", uid, "RTSTRUCT", patient)
    ds.StructureSetLabel = label
    if frame:
        referenced = Dataset()
        referenced.FrameOfReferenceUID = frame
        ds.ReferencedFrameOfReferenceSequence = [referenced]
    ds.StructureSetROISequence, ds.ROIContourSequence, ds.RTROIObservationsSequence = [], [], []
    for number, name in enumerate(names, start=1):
        roi = Dataset()
        roi.ROINumber = number
        roi.ROIName = name
        if frame:
            roi.ReferencedFrameOfReferenceUID = frame
        ds.StructureSetROISequence.append(roi)
        drawn = Dataset()
        drawn.ROIDisplayColor = [255, 0, number]
        drawn.ReferencedROINumber = number
        drawn.ContourSequence = [contour([[x, y, 3.0 * k] for x, y in SQUARE]) for k in range(n_slices)]
        ds.ROIContourSequence.append(drawn)
        observation = Dataset()
        observation.ObservationNumber = number
        observation.ReferencedROINumber = number
        observation.RTROIInterpretedType = "GTV" if name == "GTV" else "ORGAN"
        ds.RTROIObservationsSequence.append(observation)
    return ds


def stored(shape=(3, 4, 5), dtype="uint32"):
    return (np.arange(np.prod(shape)).reshape(shape) * 7 + 1).astype(dtype)


def dose(uid="1.2.3.3", plan="1.2.3.1", *, frame=FRAME, patient="P1", summation="PLAN", pixels=None, offsets=None):
    pixels = stored() if pixels is None else pixels
    ds = base("481.2", uid, "RTDOSE", patient)
    if frame:
        ds.FrameOfReferenceUID = frame
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.NumberOfFrames, ds.Rows, ds.Columns = pixels.shape
    ds.ImagePositionPatient = [-10, -20, 30]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing = [2, 3]
    ds.BitsAllocated = ds.BitsStored = pixels.dtype.itemsize * 8
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = 0
    ds.DoseUnits = "GY"
    ds.DoseType = "PHYSICAL"
    ds.DoseSummationType = summation
    ds.GridFrameOffsetVector = [2.5 * k for k in range(len(pixels))] if offsets is None else offsets
    ds.DoseGridScaling = "0.001"
    if plan:
        ds.ReferencedRTPlanSequence = [reference(plan)]
    ds.PixelData = pixels.tobytes()
    ds["PixelData"].VR = "OW"
    return ds


def image(k=0, *, frame=FRAME, patient="P1", series="1.2.3.5", modality="CT", uid=None):
    ds = base({"CT": "2", "MR": "4", "PT": "128"}[modality], uid or f"{series}.{k}", modality, patient)
    ds.SeriesInstanceUID = series
    if frame:
        ds.FrameOfReferenceUID = frame
    ds.ImagePositionPatient = [0, 0, 3.0 * k]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing = [1.5, 1.25]
    ds.SliceThickness = 3
    ds.Rows, ds.Columns = 4, 2
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit = 15
    ds.PixelRepresentation = 0
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.PixelData = bytes(16)
    ds["PixelData"].VR = "OW"
    return ds


SYNTAXES = {
    "implicit": ImplicitVRLittleEndian,
    "explicit": ExplicitVRLittleEndian,
    "big": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "rle": RLELossless,
}


def ds_pixels(ds):
    shape = (int(ds.get("NumberOfFrames", 1)), ds.Rows, ds.Columns)
    return np.frombuffer(ds.PixelData, f"<u{ds.BitsAllocated // 8}")[: np.prod(shape)].reshape(shape)


def run_lengths(frame):
    """A frame as RLE: one segment per byte, the highest first, literal runs only (PS3.5, annex G)."""
    segments = []
    for byte in reversed(range(frame.dtype.itemsize)):
        plane = (frame >> (8 * byte)).astype("u1").tobytes()
        runs = [plane[k : k + 128] for k in range(0, len(plane), 128)]
        segment = b"".join(bytes([len(run) - 1]) + run for run in runs)
        segments.append(segment + b"\x80" * (len(segment) % 2))
    starts = np.cumsum([64] + [len(segment) for segment in segments])[:-1]
    header = np.array([len(segments), *starts] + [0] * (15 - len(segments)), "<u4")
    return header.tobytes() + b"".join(segments)


def to_bytes(ds, syntax="implicit", meta=True):
    """The file's bytes; without `meta` the bare data set, in the syntax's encoding."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns of what the tests write on purpose
        return _to_bytes(ds, syntax, meta)


def _to_bytes(ds, syntax, meta):
    uid = SYNTAXES[syntax]
    file = BytesIO()
    if meta:
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = uid
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
        ds.file_meta.MediaStorageSOPInstanceUID = ds.get("SOPInstanceUID", "1.2")
        if syntax == "rle":
            frames = [run_lengths(frame) for frame in ds_pixels(ds)]
            ds.PixelData = encapsulate(frames)
            ds["PixelData"].VR = "OB"
            ds["PixelData"].is_undefined_length = True
        pydicom.dcmwrite(file, ds, enforce_file_format=True)
    else:
        pydicom.dcmwrite(file, ds, implicit_vr=uid.is_implicit_VR, little_endian=uid.is_little_endian)
    return file.getvalue()


def files(**datasets):
    """Pairs of name and bytes, as the app gives them."""
    return [(f"{name}.dcm", to_bytes(ds)) for name, ds in datasets.items()]


def case(**changes):
    """A complete case; a keyword replaces or adds one data set, None leaves it out."""
    parts = {"plan": plan(), "structures": structures(), "dose": dose()} | changes
    return files(**{name: ds for name, ds in parts.items() if ds is not None})


@pytest.fixture(scope="session")
def make():
    return SimpleNamespace(
        plan=plan,
        structures=structures,
        dose=dose,
        image=image,
        contour=contour,
        put_raw=put_raw,
        treating=treating,
        aimed=aimed,
        naming=naming,
        registration=registration,
        reference=reference,
        stored=stored,
        to_bytes=to_bytes,
        files=files,
        case=case,
        FRAME=FRAME,
    )


@pytest.fixture(scope="session")
def shared_data():
    folder = Path(__file__).parents[2] / "../shared/data"
    if not folder.is_dir():
        pytest.skip(f"the shared test data are not beside the project ({folder})")
    return folder.resolve()


@pytest.fixture
def codes():
    return lambda study: [note.code for note in study.notes]
