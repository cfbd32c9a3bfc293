"""The case sheets of the sample plans: what they say is what was declared, and fits the files beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rtcheck.errors import UsageError
from rtcheck.sheet import Subject
from rtcheck.synthetic import SAMPLES, write_sheets
from rtcheck.synthetic.sheets import SheetSpec, sheet_text
from rtcheck.tables.sheets import read_sheet
from tests.synthetic.committed import ORGANS, PLANS, load, slices, structures

#: Every case: the sample's name and what is declared of it.
SHEETS = [
    pytest.param(spec.name, sheet, id=f"{spec.name}/{sheet.sheet.file}")
    for spec in SAMPLES.values()
    for sheet in spec.sheets
]


@pytest.mark.parametrize("name", SAMPLES)
def test_committed_sheets_are_those_of_the_generator(name: str, tmp_path: Path, sample_plans: Path) -> None:
    written = write_sheets(name, tmp_path)
    assert {path.name for path in written} == {path.name for path in (sample_plans / name).glob("*.yaml")}
    assert tmp_path / "case.yaml" in written
    for path in written:
        assert path.read_bytes() == (sample_plans / name / path.name).read_bytes()
        assert b"\r" not in path.read_bytes()


@pytest.mark.parametrize(("name", "spec"), SHEETS)
def test_sheet_reads_back_as_it_was_declared(name: str, spec: SheetSpec, sample_plans: Path) -> None:
    read = read_sheet(sample_plans / name / spec.sheet.file)
    assert replace(read, sha256="", data=spec.sheet.data) == spec.sheet


@pytest.mark.parametrize(("name", "spec"), SHEETS)
def test_dates_of_a_sheet_fit_those_of_the_files(name: str, spec: SheetSpec, sample_plans: Path) -> None:
    sheet, folder = spec.sheet, sample_plans / name
    sample = load(folder, next(suffix for one, suffix in PLANS if one == name))
    day = {key: date.strftime("%Y%m%d") for key, date in sheet.dates.items()}
    assert day["planning_ct"] == slices(folder)[0].AcquisitionDate
    order = ("diagnosis", "first_line_start", "progression", "planning_ct", "radiotherapy_start", "radiotherapy_end")
    assert [day[key] for key in order] == sorted(day.values())
    made = {Subject.CONTOURS: sample.structure_set.StructureSetDate, Subject.PLAN: sample.plan.RTPlanDate}
    for sign_off in sheet.sign_offs:
        assert made[sign_off.subject] <= sign_off.date.strftime("%Y%m%d") < day["radiotherapy_start"]
    birth = sample.plan.PatientBirthDate
    assert sheet.age == int(day["planning_ct"][:4]) - int(birth[:4])


@pytest.mark.parametrize(("name", "spec"), SHEETS)
def test_volumes_that_a_sheet_names_are_drawn_but_for_the_missing_one(
    name: str, spec: SheetSpec, sample_plans: Path
) -> None:
    _, shapes = structures(sample_plans / name)
    named = {volume for lesion in spec.sheet.lesions or () for volume in (lesion.gtv, lesion.ctv, lesion.ptv)}
    assert named - set(shapes) == ({"PTV_2"} if name == "missing-ptv" else set())


def test_a_sheet_that_leaves_an_answer_open_isnt_written() -> None:
    complete = SAMPLES["hcc-sbrt-5fx"].sheets[0]
    with pytest.raises(UsageError, match="early_progression"):
        sheet_text(replace(complete, sheet=replace(complete.sheet, early_progression=None)))


@pytest.mark.parametrize(("name", "spec"), SHEETS)
def test_lesions_lie_in_the_organs_that_are_declared(name: str, spec: SheetSpec, sample_plans: Path) -> None:
    _, shapes = structures(sample_plans / name)
    for lesion in spec.sheet.lesions or ():
        ctv = shapes[str(lesion.ctv)]
        around = {
            organ
            for organ in ORGANS
            if all(z in shapes[organ] and shapes[organ][z].covers(shape) for z, shape in ctv.items())
        }
        assert around == {"liver": {"Liver"}, "lung": {"Lung_R"}, "bone": set()}[lesion.organ]
