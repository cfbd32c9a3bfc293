"""Section E, first half: where beams aim, what they are, and how much they give."""

from __future__ import annotations

from collections.abc import Iterator

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.plan_checks.beam_facts import Planned, each_plan, is_stated, stated
from rtcheck.plan_checks.beam_isocentres import isocentre_count, isocentre_place
from rtcheck.plan_checks.beam_output import beam_doses, monitor_units
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Shown, Thresholds, Unknown, tunable
from rtcheck.plan_checks.wording import listed, numbers
from rtcheck.study import Beam

#: Names of the thresholds of energies, and the unit of the energy, by RadiationType (DICOM PS3.3, C.8.8.14).
_KINDS = {
    "PHOTON": ("photon", "MV"),
    "ELECTRON": ("electron", "MeV"),
    "PROTON": ("proton", "MeV"),
    "ION": ("ion", "MeV/u"),
}
_ORIGIN = "AAPM MPPG 11.a (2021); AAPM TG-275 (2020)"


def modality_and_energy(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Every treating beam says what its radiation is, and its energy is one that machines have.

    Photons of 4 to 25 MV and electrons of 4 to 25 MeV are those of clinical accelerators; protons of 60 to 250 MeV and
    ions of 50 to 450 MeV per nucleon those of particle centres. An energy beyond is a unit that was mistaken (kV, keV)
    or a beam of another machine. Several energies in a plan may be meant, and are shown. AAPM TG-275: energy; DICOM
    PS3.3, C.8.8.14.
    """
    yield from each_plan(case, lambda plan: _kinds(plan, thresholds))


def one_machine(case: Case, _thresholds: Thresholds) -> Iterator[Answer]:
    """All treating beams of a plan are on one machine.

    A patient lies on one couch for a plan; a beam on another machine was copied from another plan and not adapted.
    Plans of one treatment may be on different machines, which is shown. AAPM TG-275: treatment machine.
    """
    yield from each_plan(case, _machines)
    names = {
        plan.label: sorted({beam.treatment_machine_name or "" for beam in plan.beams if beam.treats})
        for plan in case.study.plans
    }
    if len({name for each in names.values() for name in each}) > 1 and len(names) > 1:
        machines = "; ".join(f"{label}: {', '.join(each)}" for label, each in names.items())
        yield Shown("machines", f"the plans are on different machines ({machines})")


def _kinds(plan: Planned, thresholds: Thresholds) -> Iterator[Answer]:
    for beam in plan.beams:
        yield from _kind(plan.called(beam), beam, thresholds)
    kinds = {_described(beam) for beam in plan.beams}
    if len(kinds) > 1:
        yield Shown(plan.name, f"beams of different energies: {', '.join(sorted(kinds))}")


def _kind(subject: str, beam: Beam, thresholds: Thresholds) -> Iterator[Answer]:
    if beam.radiation_type is None:
        yield Unknown(subject, "RadiationType isn't stated")
        return
    if beam.radiation_type not in _KINDS:
        yield Alert(
            subject,
            f"RadiationType is {beam.radiation_type}, which is none of {', '.join(_KINDS)}",
            severity=Severity.WARNING,
        )
        return
    energies = stated(beam, lambda point: point.nominal_energy)
    if not is_stated(beam, lambda point: point.nominal_energy):
        yield Unknown(subject, "no energy is stated, or not for every control point")
    name, unit = _KINDS[beam.radiation_type]
    suffix = unit.lower().replace("/", "_per_")
    low, high = thresholds[f"{name}_low_{suffix}"], thresholds[f"{name}_high_{suffix}"]
    beyond = [energy for energy in energies if not low <= energy <= high]
    if beyond:
        yield Alert(
            subject,
            f"{numbers(beyond)} {unit} is no energy of a {name} beam: is it of another unit or machine?",
            observed=beyond[0],
            limit=f"{low:g} to {high:g} {unit}",
            unit=unit,
        )


def _described(beam: Beam) -> str:
    """A beam's energy: ``10 MV FFF photons``; of particles, whose energy changes, the range."""
    energies = stated(beam, lambda point: point.nominal_energy)
    kind, unit = _KINDS.get(beam.radiation_type or "", (beam.radiation_type or "unknown", ""))
    shown = f"{min(energies):g} to {max(energies):g}" if len(energies) > 1 else numbers(energies) or "unknown energy,"
    return " ".join(part for part in (shown, unit, beam.fluence_mode or "", f"{kind}s") if part)


def _machines(plan: Planned) -> Iterator[Answer]:
    by_machine: dict[str, list[str]] = {}
    for beam in plan.beams:
        by_machine.setdefault(beam.treatment_machine_name or "", []).append(plan.called(beam))
    if unnamed := by_machine.pop("", None):
        yield Unknown(plan.name, f"no machine is stated for {listed(unnamed)}")
    if len(by_machine) > 1:
        named = "; ".join(f"{machine}: {listed(beams)}" for machine, beams in by_machine.items())
        yield Alert(plan.name, f"its beams are on {len(by_machine)} machines ({named})", limit="one machine")


#: E1 to E6.
CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "E1",
        "isocentre-count",
        "the plan has one isocentre, or at most one for each target",
        Severity.WARNING,
        Confidence.HEURISTIC,
        _ORIGIN,
        isocentre_count,
        tunable(close_mm=(5.0, "mm", "isocentres that aren't equal are apart by at least")),
    ),
    PlanCheck(
        "E2",
        "isocentre-place",
        "the isocentre lies in the body and near a target",
        Severity.ERROR,
        Confidence.HEURISTIC,
        _ORIGIN,
        isocentre_place,
        tunable(
            outside_body_mm=(10.0, "mm", "isocentre outside the body by at most"),
            from_target_mm=(50.0, "mm", "isocentre from the box around the targets by at most"),
        ),
    ),
    PlanCheck(
        "E3",
        "modality-energy",
        "radiation and energy of every treating beam are stated and known",
        Severity.ERROR,
        Confidence.HEURISTIC,
        f"{_ORIGIN}; DICOM PS3.3 C.8.8.14",
        modality_and_energy,
        tunable(
            photon_low_mv=(4.0, "MV", "least photon energy"),
            photon_high_mv=(25.0, "MV", "largest photon energy"),
            electron_low_mev=(4.0, "MeV", "least electron energy"),
            electron_high_mev=(25.0, "MeV", "largest electron energy"),
            proton_low_mev=(60.0, "MeV", "least proton energy"),
            proton_high_mev=(250.0, "MeV", "largest proton energy"),
            ion_low_mev_per_u=(50.0, "MeV/u", "least energy of ions"),
            ion_high_mev_per_u=(450.0, "MeV/u", "largest energy of ions"),
        ),
    ),
    PlanCheck(
        "E4",
        "monitor-units",
        "every treating beam has monitor units, in proportion to its dose",
        Severity.ERROR,
        Confidence.CERTAIN,
        f"{_ORIGIN}; rule of thumb",
        monitor_units,
        tunable(
            least_mu=(2.0, "MU", "fewest MU of a beam"),
            most_mu=(6000.0, "MU", "most MU of a beam"),
            low_mu_per_gy=(60.0, "MU/Gy", "fewest MU per gray"),
            high_mu_per_gy=(2000.0, "MU/Gy", "most MU per gray"),
        ),
    ),
    PlanCheck(
        "E5",
        "beam-doses",
        "the beams' doses add up to the dose prescribed per fraction",
        Severity.WARNING,
        Confidence.HEURISTIC,
        f"{_ORIGIN}; DICOM PS3.3 C.8.8.13",
        beam_doses,
        tunable(
            low_percent=(90.0, "%", "sum of the beams' doses at least"),
            high_percent=(160.0, "%", "sum of the beams' doses at most"),
        ),
    ),
    PlanCheck(
        "E6",
        "one-machine",
        "all treating beams of a plan are on one machine",
        Severity.WARNING,
        Confidence.CERTAIN,
        _ORIGIN,
        one_machine,
    ),
)
