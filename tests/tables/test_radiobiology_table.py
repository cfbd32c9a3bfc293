"""The shipped alpha/betas and parameter sets against the facts they were copied from; and what the loader refuses."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from rtcheck import tables
from rtcheck.errors import InputError, TableError, UsageError
from rtcheck.response import Model, ParameterSet
from rtcheck.tables import Radiobiology, load_radiobiology
from rtcheck.tissue import AlphaBeta
from rtcheck.units import PHYSICAL, DoseBasis, DoseKind, bed_basis, eqd2_basis

FACTS = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "facts.yaml"
PUBLISHED_AS = {
    "trial paper, Dose/fractionation": "Wang H et al. Ther Adv Med Oncol 2025;17:1-12; Dose/fractionation; doi:10.1177",
    "Sahgal 2021 (EQD2 with alpha/beta 2)": "Sahgal A et al. IJROBP 2021;110(1):124-136; EQD2 with alpha/beta 2; doi:",
    "Milano 2021 optic": "Milano MT et al. IJROBP 2021;110(1):87-99",
    "QUANTEC brain row: 72 Gy and 90 Gy at 2 Gy/fx correspond to BED3 120 and 150": "Marks LB et al. IJROBP 2010;",
    "dawson2002": "Dawson LA et al. IJROBP 2002;53(4):810-821; doi:10.1016/S0360-3016(02)02846-8",
    "miften2021": "Miften M et al. IJROBP 2021;110(1):196-205; doi:10.1016/j.ijrobp.2017.12.290",
}
DEFAULTS = {
    "Liver": (3, 2, 8),
    "Normal_Liver": (3, 2, 8),
    "Liver-GTV": (3, 2, 8),
    "Kidney_L": (2.5, 2, 2.5),
    "Right Kidney": (2.5, 2, 2.5),
    "Kidneys": (2.5, 2, 2.5),
    "SpinalCord": (2, 0.87, 3.7),
    "SpinalCord_PRV05": (2, 0.87, 3.7),
    "BrainStem": (2, 2, 2),
    "BRAIN STEM": (2, 2, 2),
    "Brain": (2, 2, 3),
    "BRAIN - PTV": (2, 2, 3),
    "OPTIC STRUCTURES": (2, 1.6, 2),
    "OpticChiasm": (2, 1.6, 2),
    "BrachialPlex_L": (2, 2, 2),
    "Heart": (3, 2, 3),
    "Lung_R": (3, 3, 4),
    "Lt Lung": (3, 3, 4),
    "Lungs": (3, 3, 4),
    "Stomach": (3, 3, 4.3),
    "Duodenum": (3, 3, 4.3),
    "Bowel_Small": (3, 3, 4.3),
    "Bowel Bag": (3, 3, 4.3),
    "Oesophagus": (3, 3, 3),
    "Rectum": (3, 1.6, 3),
    "Bladder": (5, 2, 10),
    "Skin": (2.6, 1.7, 8.8),
    "GTV": (10, 10, 10),
    "CTV_High": (10, 10, 10),
    "PTV_5000": (10, 10, 10),
    "HCC": (10, 10, 10),
}


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    if not FACTS.is_file():
        pytest.skip(f"the facts aren't here: {FACTS}")
    loaded: dict[str, Any] = yaml.load(FACTS.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


@pytest.fixture(scope="module")
def shipped() -> Radiobiology:
    return load_radiobiology()


def _cited(row: AlphaBeta | ParameterSet, fact: dict[str, Any], notes: str) -> None:
    source = fact["source"]
    if source.startswith("same"):
        assert "Joiner & van der Kogel table" in row.source
    elif source in PUBLISHED_AS:
        assert row.source.startswith(PUBLISHED_AS[source])
    else:
        assert row.source.startswith(source.partition(" as quoted by")[0].partition(", same table")[0])
    assert row.notes == notes


def test_every_alpha_beta_of_the_facts_and_no_other_number(facts: dict[str, Any], shipped: Radiobiology) -> None:
    assert len(shipped.alpha_beta.rows) == len(facts["alpha_beta"]) == 32
    for row, fact in zip(shipped.alpha_beta.rows, facts["alpha_beta"], strict=True):
        assert (row.tissue, row.value_gy) == (fact["tissue"], fact["alpha_beta_gy"])
        assert row.ci95_gy == (tuple(fact["ci95"]) if "ci95" in fact else None)
        assert row.status == "unverified"
        notes = fact.get("notes", "").replace("more_og_romsdal", "the tolerance table of Møre og Romsdal")
        _cited(row, fact, notes)
        quoted = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", f"{fact['source']} {notes}")}
        assert set(row.other_values_gy) <= quoted, row.id


def test_suggested_defaults_are_the_defaults(facts: dict[str, Any], shipped: Radiobiology) -> None:
    suggested = {fact["tissue"] for fact in facts["alpha_beta"] if fact.get("suggested_default")}
    assert suggested <= {row.tissue for row in shipped.alpha_beta.rows if row.is_default}


def test_every_model_of_the_facts(facts: dict[str, Any], shipped: Radiobiology) -> None:
    assert [model.id for model in shipped.models] == [fact["id"] for fact in facts["ntcp_models"]]
    for model, fact in zip(shipped.models, facts["ntcp_models"], strict=True):
        assert str(model.model) == fact["model"].replace("mean liver dose", "mean dose")
        for name in ("organ", "endpoint", "population", "status"):
            assert getattr(model, name) == fact[name], name
        for name in ("n", "m", "gamma50", "p_value"):
            assert getattr(model, name) == fact.get(name), name
        assert model.d50_gy == fact.get("TD50_Gy", fact.get("D50_Gy"))
        assert model.alpha_beta_gy == fact.get("alpha_beta")
        assert model.no_event_below_gy == fact.get("mean_dose_no_event_below_Gy")
        for name, key in (("d50_ci95_gy", "D50_ci95"), ("gamma50_ci95", "gamma50_ci95")):
            assert getattr(model, name) == (tuple(fact[key]) if key in fact else None)
        notes = model.notes if fact["notes"] in ("as above", "") else fact["notes"]
        _cited(model, fact, notes)
        assert model.basis is None  # the facts know the normalisation of none


def test_models_that_predict_nothing_are_refused(shipped: Radiobiology) -> None:
    assert {model.id for model in shipped.models if not model.is_usable} == {
        "ntcp.dawson2002.threshold",
        "ntcp.hytec.liver",
    }
    assert "not significant" in shipped.model("ntcp.hytec.liver").refusal


def test_normalisations_that_fit_a_shipped_set(shipped: Radiobiology) -> None:
    dawson, code = shipped.model("ntcp.dawson2002.primary"), shipped.model("ntcp.aviplanner")
    assert dawson.fitted_in(DoseBasis(DoseKind.EQDX, 2.0, 1.5)).status.startswith("single; normalisation stated by")
    assert code.fitted_in(eqd2_basis(2.5)).basis == eqd2_basis(2.5)
    for model, basis in ((dawson, PHYSICAL), (code, PHYSICAL), (code, eqd2_basis(3))):
        with pytest.raises(UsageError):
            model.fitted_in(basis)


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults_and_published_values(name: str, shipped: Radiobiology) -> None:
    choice = shipped.alpha_beta.of(name)
    assert (choice.value_gy, choice.low_gy, choice.high_gy) == DEFAULTS[name]
    assert not choice.is_generic


def test_all_published_values_of_the_liver(shipped: Radiobiology) -> None:
    liver = shipped.alpha_beta.of("Liver")
    assert liver.values_gy == (2, 2.5, 3, 8)
    assert str(liver) == "alpha/beta 3 Gy (liver; published values 2 to 8)"


@pytest.mark.parametrize("name", ["Body", "Pancreas", "PTV1_WALL", "Ring_PTV", "Breast", "X1", "Femoral Head Lt"])
def test_what_no_row_settles_is_late_responding_and_says_so(name: str, shipped: Radiobiology) -> None:
    choice = shipped.alpha_beta.of(name)
    assert (choice.value_gy, choice.is_generic) == (3, True)
    assert f"not a value for '{name}'" in choice.text


def test_the_pancreas_of_hytec_is_published_and_not_taken(shipped: Radiobiology) -> None:
    assert shipped.alpha_beta.of("Pancreas").high_gy == 10


def test_the_file_as_a_whole(shipped: Radiobiology) -> None:
    assert (shipped.id, shipped.file, len(shipped.sha256)) == ("radiobiology", "radiobiology.yaml", 64)
    assert "No value here was checked" in shipped.disclaimer
    assert pickle.loads(pickle.dumps(shipped)) == shipped


def test_it_is_no_table_of_constraints() -> None:
    assert "radiobiology" not in tables.table_ids()
    with pytest.raises(UsageError, match="no table is called 'radiobiology'"):
        tables.load_table("radiobiology")


def test_an_unknown_model_is_named_with_the_nearest(shipped: Radiobiology) -> None:
    with pytest.raises(UsageError, match=r"'ntcp\.aviplaner'; did you mean 'ntcp\.aviplanner'"):
        shipped.model("ntcp.aviplaner")


HEAD = """\
schema: 1
id: mine
title: Mine
version: "1"
sources:
  paper: {citation: A paper, doi: 10.1000/xyz}
"""
LATE = """\
  - {id: late, tissue: late, alpha_beta: "3 Gy", organs: [], generic: true, source: paper, status: single}
"""
LIVER = {
    "id": "liver",
    "tissue": "liver",
    "alpha_beta": '"3 Gy"',
    "organs": "[Liver]",
    "default": "true",
    "source": "paper",
    "status": "single",
}
LKB = {
    "id": "lkb",
    "model": "LKB",
    "organ": "Liver",
    "endpoint": "RILD",
    "n": "0.97",
    "m": "0.12",
    "d50": '"39.8 Gy"',
    "citation": "A report",
    "status": "single",
}


def _row(row: dict[str, str], **changes: str | None) -> str:
    keys = {key: value for key, value in (row | changes).items() if value is not None}
    return "  - " + "\n    ".join(f"{key}: {value}" for key, value in keys.items()) + "\n"


def _file(tmp_path: Path, rows: str, models: str = "") -> Path:
    path = tmp_path / "mine.yaml"
    text = HEAD + "alpha_beta:\n" + rows + (f"models:\n{models}" if models else "")
    path.write_text(text, encoding="utf-8")
    return path


def _problems(path: Path) -> list[str]:
    with pytest.raises(TableError) as caught:
        load_radiobiology(path)
    return [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]


def _liver(tmp_path: Path, **changes: str | None) -> AlphaBeta:
    return load_radiobiology(_file(tmp_path, LATE + _row(LIVER, **changes))).alpha_beta.rows[1]


def _model(tmp_path: Path, **changes: str | None) -> ParameterSet:
    (model,) = load_radiobiology(_file(tmp_path, LATE, _row(LKB, **changes))).models
    return model


def test_an_alpha_beta_with_all_it_may_say(tmp_path: Path) -> None:
    row = _liver(
        tmp_path,
        alpha_beta='"250 cGy"',
        ci95='["-20 cGy", null]',
        other_values='["2 Gy", "8 Gy"]',
        not_organs='["*wall*"]',
        locator="p 1",
        notes="read this",
    )
    assert (row.value_gy, row.ci95_gy, row.other_values_gy) == (2.5, (-0.2, None), (2.0, 8.0))
    assert (row.source, row.notes, row.not_organs) == ("A paper; p 1; doi:10.1000/xyz", "read this", ("*wall*",))


@pytest.mark.parametrize(
    ("changes", "basis"),
    [
        ({}, None),
        ({"basis": "physical"}, PHYSICAL),
        ({"alpha_beta": '"3 Gy"', "basis": "EQD2"}, eqd2_basis(3)),
        ({"alpha_beta": '"3 Gy"', "basis": "BED", "converted": "true"}, bed_basis(3)),
        ({"alpha_beta": '"2.5 Gy"', "fraction": '"1.5 Gy"', "basis": "EQDx"}, DoseBasis(DoseKind.EQDX, 2.5, 1.5)),
    ],
)
def test_a_model_in_a_basis(tmp_path: Path, changes: dict[str, str], basis: DoseBasis | None) -> None:
    model = _model(tmp_path, **changes)
    assert (model.model, model.basis) == (Model.LKB, basis)


def test_a_poisson_model_with_the_slope_of_either_kind(tmp_path: Path) -> None:
    for key in ("gamma", "gamma50"):
        assert getattr(_model(tmp_path, model="Poisson", n=None, m=None, **{key: "2"}), key) == 2.0


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"alpha_beta": "3"}, "11:17", "alpha_beta: expected text, got 3; write it in quotes"),
        ({"alpha_beta": '"0 Gy"'}, "11:17", "alpha_beta: '0 Gy': a dose is more than 0 Gy"),
        ({"alpha_beta": '"3"'}, "11:17", "alpha_beta: expected a dose such as '2 Gy' or '1.8-2 Gy', got '3'"),
        ({"alpha_beta": None}, "9:5", "the key 'alpha_beta' is missing"),
        ({"organs": None}, "9:5", "the key 'organs' is missing"),
        ({"organs": "Liver"}, "12:13", "organs: expected a list, got 'Liver'"),
        ({"default": "maybe"}, "13:14", "default: expected true or false, got 'maybe'"),
        ({"default": "false"}, "12:14", "organs: none of the rows for 'Liver' is its default"),
        ({"source": "papers"}, "14:13", "source: no source 'papers'; did you mean 'paper'?"),
        (
            {"status": "sure"},
            "15:13",
            "status: expected 'verified', 'single', 'values-only', 'conflict' or 'unverified'",
        ),
        ({"id": "late"}, "9:9", "id: duplicate 'late'; first in line 8"),
        ({"ci95": '["3 Gy", "2 Gy"]'}, "16:11", "ci95: 3 to 2 runs downwards"),
        ({"ci95": "[null, null]"}, "16:11", 'ci95: expected a list of two ends such as ["2.2 Gy", "8.2 Gy"], one of'),
        ({"ci95": "[2, 3]"}, "16:11", "ci95: expected a dose such as '2.5 Gy', got 2"),
        ({"colour": "red"}, "16:5", "unknown key 'colour'; known: source, citation"),
        ({"defaults": "true"}, "16:5", "unknown key 'defaults'; did you mean 'default'?"),
    ],
)
def test_a_wrong_alpha_beta_is_told_with_its_place(
    tmp_path: Path, changes: dict[str, str | None], place: str, message: str
) -> None:
    (problem,) = _problems(_file(tmp_path, LATE + _row(LIVER, **changes)))
    assert problem.startswith(f"{place}: {message}")


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"model": "Lyman"}, "11:12", "model: expected 'LKB', 'probit on mean dose', 'Poisson' or 'observation', got"),
        ({"n": None}, "10:5", "the key 'n' is missing"),
        ({"n": "0"}, "14:8", "n: Input should be greater than 0, got 0"),
        ({"d50": "39.8"}, "16:10", "d50: expected text, got 39.8; write it in quotes"),
        ({"model": "probit on mean dose"}, "10:5", "the key 'gamma50' is missing"),
        ({"model": "observation"}, "10:5", "the key 'refusal' is missing"),
        ({"model": "Poisson"}, "10:5", "gamma: a Poisson set has gamma50 or gamma, one of them"),
        ({"citation": None}, "10:5", "the key 'citation' is missing, or 'source' with the key of one of the file's"),
        ({"basis": "EQD2"}, "19:12", "basis: EQD2 dose and alpha/beta None don't go together"),
        ({"basis": "physical", "converted": "true"}, "19:12", "basis: physical dose isn't converted"),
        ({"fraction": '"1.5 Gy"'}, "10:5", "basis: a fraction belongs to the basis EQDx, and there is none"),
        ({"gamma50_ci95": '["1 Gy", "2 Gy"]'}, "19:19", "gamma50_ci95: expected a number, got '1 Gy'"),
        ({"p_value": "1.5"}, "19:14", "p_value: Input should be less than or equal to 1, got 1.5"),
        ({"id": "late"}, "10:9", "id: duplicate 'late'; first in line 8"),
    ],
)
def test_a_wrong_model_is_told_with_its_place(
    tmp_path: Path, changes: dict[str, str | None], place: str, message: str
) -> None:
    (problem,) = _problems(_file(tmp_path, LATE, _row(LKB, **changes)))
    assert problem.startswith(f"{place}: {message}")


def test_a_file_needs_one_generic_value(tmp_path: Path) -> None:
    (problem,) = _problems(_file(tmp_path, _row(LIVER)))
    assert problem == "7:1: alpha_beta: no row is generic: true; one is needed for names that no row lists"
    (problem,) = _problems(_file(tmp_path, LATE + _row(LIVER, generic="true")))
    assert problem == "16:14: generic: a second generic row; first in line 8"


def test_all_problems_at_once_in_file_order(tmp_path: Path) -> None:
    rows = LATE + _row(LIVER, alpha_beta="3") + _row(LIVER, id="liver2", organs="[LEBER]", source="papers")
    models = _row(LKB, n=None, m="true") + _row(LKB)
    assert [problem.partition(": ")[2] for problem in _problems(_file(tmp_path, rows, models))] == [
        "alpha_beta: expected text, got 3; write it in quotes",
        "organs: two defaults for 'LEBER'; liver is the first",
        "source: no source 'papers'; did you mean 'paper'?",
        "the key 'n' is missing",
        "m: Input should be a valid number, got true",
        "id: duplicate 'lkb'; first in line 24",
    ]


def test_a_file_that_isnt_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        load_radiobiology(tmp_path / "none.yaml")
