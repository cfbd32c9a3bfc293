"""The declared lesions: how many, in how many organs, each with a volume that is drawn and a prescription."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from rtcheck.case import Case
from rtcheck.checks.lesions import Lesion, lesions, plan_problem, volumes
from rtcheck.checks.undeclared import undeclared_targets, undeclared_volumes
from rtcheck.compliance.answer import NO_LIST, NOT_DECLARED, answered, counted, joined, verdict_at
from rtcheck.compliance.where import contradiction, names_several, organ_of
from rtcheck.finding import Finding, Verdict
from rtcheck.nomenclature import normalised
from rtcheck.rules import Drawn, EveryLesionTreated, LesionCount, OrganCount, Rule
from rtcheck.sheet import DeclaredLesion, LesionKind, says_nothing

SITE, DRAINAGE_REGION = "site", "drainage-region"
#: A nodal station has a number, and may have a letter and a digit behind it: ``16a``, ``No. 16b1`` are of site 16. The
#: letters of a side (``4R``, ``4L``) aren't of one site.
_NUMBER = re.compile(r"(\d+)(?:\s*(?![rl]\b)[a-z]\d?)?(?![^\W_])")
_ANY_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W_]+")
#: Words that say no more than that a number follows.
_NEUTRAL = frozenset({"no", "nr"})


def lesion_count_findings(case: Case, rule: LesionCount) -> Iterator[Finding]:
    """One finding: are there as many lesions as the protocol wants, the primary tumour included?

    Nodes of one site (or drainage region) are one lesion, each thrombus and every other lesion counts by itself. Nodes
    whose station isn't declared may be of one site or of as many, and so may those of stations that share a number and
    no more (``No. 4``, ``level 4``; ``4R``, ``4L``); an answer that depends on that is NOT_EVALUATED. So is a count
    that isn't too high yet while a GTV, CTV or PTV is drawn that no declared lesion has.
    """
    declared = case.sheet.lesions
    limit = f"{rule.low} to {rule.high}"
    if declared is None:
        yield answered(rule, "lesions", Verdict.NOT_EVALUATED, NO_LIST, NOT_DECLARED, limit=limit)
        return
    nodes = [one for one in declared if one.kind is LesionKind.LYMPH_NODE]
    placed = [one.station.strip() for one in nodes if one.station and one.station.strip()]
    stations = {_station(one, rule.nodes) for one in placed}
    sites = _sites(stations, rule.nodes)
    unplaced = [one.name for one in nodes if not (one.station and one.station.strip())]
    others = len(declared) - len(nodes)
    most = others + len(stations) + len(unplaced)
    least = others + max(sites, 1 if nodes else 0)
    message = f"{counted(most, 'lesion')}: {_how_counted(declared, rule.nodes, len(stations))}"
    if least < most:
        message = f"{least} to {message}"
    if unplaced:
        message += f"; of {joined(unplaced)} no station is declared"
    if sites < len(stations):
        message += f"; which of {joined(sorted(dict.fromkeys(placed)))} are one site isn't told: word them alike"
    finding = _of_number(rule, "lesions", (least, most), (rule.low, rule.high), message, "lesions")
    if wrong := [said for one in nodes if (said := contradiction(one))]:
        finding = _in_doubt(rule, finding, "; ".join(wrong), "sheet-contradictory")
    forgotten = [roi.name for roi in undeclared_volumes(case)]
    if forgotten:
        doubt = f"no declared lesion has {joined(forgotten)}, which is drawn"
        finding = _in_doubt(rule, finding, doubt, "undeclared-volume")
    yield finding


def organ_count_findings(case: Case, rule: OrganCount) -> Iterator[Finding]:
    """One finding: are there no more organs than the protocol wants? Lymph nodes are one system, bones another."""
    declared = case.sheet.lesions
    if declared is None:
        limit = f"{rule.low} to {rule.high}"
        yield answered(rule, "organs", Verdict.NOT_EVALUATED, NO_LIST, NOT_DECLARED, limit=limit)
        return
    organs = dict.fromkeys(organ_of(one) for one in declared if not _is_nameless(one))
    nameless = [one.name for one in declared if _is_nameless(one)]
    message = f"{counted(len(organs), 'organ or system', 'organs or systems')}: {joined(list(organs)) or 'none'}"
    if nameless:
        message += f"; no organ is declared of {joined(nameless)}"
    ends = (max(len(organs), 1 if nameless else 0), len(organs) + len(nameless))
    finding = _of_number(rule, "organs", ends, (rule.low, rule.high), message, "organs")
    if several := [one for one in declared if names_several(one)]:
        told = joined([f"{one.name} ({one.organ.strip()})" for one in several])
        doubt = f"several organs are declared of {told}: name one organ a lesion"
        finding = _in_doubt(rule, finding, doubt, "several-organs")
    if wrong := [said for one in declared if (said := contradiction(one))]:
        finding = _in_doubt(rule, finding, "; ".join(wrong), "sheet-contradictory")
    yield finding


def every_lesion_treated_findings(case: Case, rule: EveryLesionTreated) -> Iterator[Finding]:
    """One finding a lesion: has it a target with a prescription? And one for each drawn volume that no lesion has."""
    declared = case.sheet.lesions
    if declared is None:
        yield answered(rule, "lesions", Verdict.NOT_EVALUATED, NO_LIST, NOT_DECLARED)
        return
    if not declared:
        message = "the case sheet's list of lesions is empty"
        yield answered(rule, "lesions", Verdict.NOT_EVALUATED, message, NOT_DECLARED)
    every, free = lesions(case), undeclared_targets(case)
    for lesion in every:
        yield _treated(case, rule, lesion, every, bool(free))
    for target in free:
        message = "no declared lesion has this target: say in the case sheet which lesion it treats"
        rois = (target.roi.name,) if target.roi else ()
        yield answered(rule, target.name, Verdict.NOT_EVALUATED, message, "undeclared-target", rois=rois)
    told = {target.name for target in free} | {target.roi.name for target in free if target.roi is not None}
    for roi in undeclared_volumes(case):
        if roi.name not in told:
            message = "it is drawn, and no declared lesion has it: declare it, or name it under `also` of its lesion"
            yield answered(rule, roi.name, Verdict.NOT_EVALUATED, message, "undeclared-volume", rois=(roi.name,))


def drawn_findings(case: Case, rule: Drawn) -> Iterator[Finding]:
    """One finding a lesion: is there a volume of its own that is drawn?"""
    if not case.sheet.lesions:
        message = NO_LIST if case.sheet.lesions is None else "the case sheet's list of lesions is empty"
        yield answered(rule, rule.volume, Verdict.NOT_EVALUATED, message, NOT_DECLARED)
        return
    every = lesions(case)
    for lesion in every:
        yield _drawn(case, rule, lesion, every)


def _is_nameless(lesion: DeclaredLesion) -> bool:
    """Whether no organ is declared of a lesion; a lymph node is one of its system by its kind."""
    return says_nothing(lesion.organ) and lesion.kind is not LesionKind.LYMPH_NODE


def _station(station: str, nodes: str) -> str:
    """What nodes that certainly count as one have in common: all of a station but its sub-letter, for regions all."""
    if nodes != SITE:
        return normalised(station)
    whole = _NUMBER.sub(r"\1", station.casefold(), count=1)
    return " ".join(sorted(word for word in _WORD.findall(whole) if word not in _NEUTRAL))


def _sites(stations: Collection[str], nodes: str) -> int:
    """The fewest sites that stations may be: those that share their first number may be one."""
    if nodes != SITE:
        return len(stations)
    numbers = {station: _ANY_NUMBER.search(station) for station in stations}
    return len({found.group() if found else station for station, found in numbers.items()})


def _in_doubt(rule: Rule, finding: Finding, doubt: str, reason: str) -> Finding:
    """A finding that says a doubt, and is NOT_EVALUATED for it unless the number is too high all the same."""
    message = f"{finding.message}; {doubt}"
    if finding.reason.startswith("too-many"):
        return replace(finding, message=message)
    verdict = verdict_at(rule.level, Verdict.NOT_EVALUATED)
    return replace(finding, verdict=verdict, reason=reason, message=message)


def _how_counted(declared: Sequence[DeclaredLesion], nodes: str, stations: int) -> str:
    """``1 primary tumour; 1 thrombus, each by itself; 3 declared lymph node lesions of 2 sites``."""
    of = {kind: sum(one.kind is kind for one in declared) for kind in LesionKind}
    parts = []
    if of[LesionKind.PRIMARY]:
        parts.append(counted(of[LesionKind.PRIMARY], "primary tumour"))
    if of[LesionKind.METASTASIS]:
        parts.append(counted(of[LesionKind.METASTASIS], "metastasis", "metastases"))
    if of[LesionKind.THROMBUS]:
        parts.append(f"{counted(of[LesionKind.THROMBUS], 'thrombus', 'thrombi')}, each by itself")
    if of[LesionKind.LYMPH_NODE]:
        what = "site" if nodes == SITE else "drainage region"
        node = counted(of[LesionKind.LYMPH_NODE], "declared lymph node lesion")
        parts.append(f"{node} of {counted(stations, what)}, which count as one a {what}")
    return "; ".join(parts) or "none is declared"


def _of_number(
    rule: Rule, subject: str, ends: tuple[int, int], allowed: tuple[int, int], message: str, noun: str
) -> Finding:
    """PASS or FAIL where every number that it may be gives the same."""
    answers = {allowed[0] <= number <= allowed[1] for number in range(ends[0], ends[1] + 1)}
    verdict, reason = Verdict.NOT_EVALUATED, NOT_DECLARED
    if answers == {True}:
        verdict, reason = Verdict.PASS, ""
    elif answers == {False}:
        verdict, reason = Verdict.FAIL, f"too-many-{noun}" if ends[0] > allowed[1] else f"too-few-{noun}"
    known = float(ends[1]) if ends[0] == ends[1] else None
    return answered(
        rule,
        subject,
        verdict,
        message,
        reason,
        observed=known,
        limit=f"{allowed[0]} to {allowed[1]}",
        limit_value=float(allowed[1]),
        unit=noun,
    )


def _treated(case: Case, rule: EveryLesionTreated, lesion: Lesion, every: Sequence[Lesion], free: bool) -> Finding:
    """Whether a lesion has a target with a prescription; `free` targets may be its own, and nobody said so."""
    target = lesion.target
    verdict, reason = Verdict.NOT_EVALUATED, "not-linked"
    if target is None and lesion.problem:
        message, reason = lesion.problem, "sheet-contradicts-files"
    elif target is None and lesion.declared is not None and lesion.declared.ptv is not None:
        message = f"{lesion.declared.ptv!r}, which the case sheet names, is no target of any plan"
    elif target is None and free:
        message = "which target treats it isn't told: name its PTV in the case sheet"
    elif target is None:
        verdict, reason, message = Verdict.FAIL, "not-treated", "no target among the files treats it"
    elif target.prescription is None:
        message, reason = f"{target.name}: {target.problem}", "no-prescription"
    elif target.roi is None:
        message, reason = f"{target.name} is prescribed {target.prescription.schedule}, and isn't drawn", "no-target"
    elif lesion.declared is not None and (wrong := plan_problem(case, lesion.declared, target)):
        message, reason = wrong, "sheet-contradicts-files"
    else:
        schedule, source = target.prescription.schedule, target.prescription.source
        message, verdict, reason = f"{target.name} is prescribed {schedule} ({source})", Verdict.PASS, ""
    if target is not None and (sharing := [one.name for one in every if one.target is target and one is not lesion]):
        message += f"; {target.name} treats {joined(sharing)} too"
    rois = (target.roi.name,) if target is not None and target.roi is not None else ()
    return answered(rule, lesion.name, verdict, message, reason, lesion=lesion.name, rois=rois)


def _drawn(case: Case, rule: Drawn, lesion: Lesion, every: Sequence[Lesion]) -> Finding:
    roi = lesion.volume(rule.volume)
    verdict, reason, message = Verdict.PASS, "", ""
    sharing = [one.name for one in every if one is not lesion and roi is not None and one.volume(rule.volume) is roi]
    if roi is not None and sharing:
        message = f"{roi.name!r} is the {rule.volume} of {joined(sharing)} too: a volume of its own can't be told"
        verdict, reason = Verdict.NOT_EVALUATED, "not-its-own"
    elif roi is not None:
        message = f"drawn as {roi.name!r}"
    elif not volumes(case, rule.volume):
        message, verdict, reason = f"no {rule.volume} is drawn", Verdict.FAIL, "not-drawn"
    elif (name := _name(lesion, rule.volume)) is not None:
        empty = [one for one in case.study.structure_set.rois if one.name == name and not one.closed_contours]
        message, verdict = lesion.problem, Verdict.FAIL if empty else Verdict.NOT_EVALUATED
        reason = "not-drawn" if empty else "sheet-contradicts-files"
    else:
        names = joined([one.name for one in volumes(case, rule.volume)])
        message = f"which {rule.volume} is its own isn't told (drawn: {names}): name it in the case sheet"
        verdict, reason = Verdict.NOT_EVALUATED, "not-linked"
    rois = (roi.name,) if roi is not None else ()
    return answered(rule, lesion.name, verdict, message, reason, lesion=lesion.name, rois=rois)


def _name(lesion: Lesion, kind: str) -> str | None:
    """The name that the case sheet gives to a volume of a lesion."""
    declared = lesion.declared
    return {"GTV": declared.gtv, "CTV": declared.ctv, "PTV": declared.ptv}[kind] if declared is not None else None
