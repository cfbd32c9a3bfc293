"""Reports without a patient's name and ID: these are taken out of every text that files or people wrote.

What is rtcheck's own stays as it is (verdicts, codes, metrics, limits, tables and their citations, whose authors may be
namesakes), and so does every UID, hash and date, whatever the ID is. A given name that stands alone, and a family name
without its given name that is an organ or a word that reports use themselves, can't be told from other texts: of the
latter the spelling in capitals is taken out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby

from rtcheck.finding import Finding
from rtcheck.nomenclature import shipped_names
from rtcheck.nomenclature.forms import spellings
from rtcheck.study import Patient

#: Stands in place of a name or an ID.
REDACTED = "[patient]"
#: Shorter IDs stand in ordinary texts, too: replacing "1" would spoil every number. Shorter family names count where
#: they are written as a name is: "Wu", "WU".
SHORTEST = 4
#: Longer runs of letters and digits are an ID also without its separators: "12/345678" as "12345678".
_LONG_ID = 6

#: What of a finding may come from files or people.
_TEXTS = ("subject", "message", "group", "rois", "flags", "overrides", "lesion", "measured", "overridden")
#: Parts of a provenance that are rtcheck's or the clinic's own, and say nothing of a patient.
_OWN = frozenset(
    {"software", "time", "protocol", "tables", "table_selection", "site", "data", "names_files", "plan_checks"}
    | {"conventions", "dose_grid"}
)
#: Of the settings.
_OWN_SETTINGS = frozenset({"protocol", "tables", "site", "between", "ends"})
#: Hashes, UIDs, dates and closed lists of words, wherever they stand.
_FIXED = frozenset(
    {"sha256", "sop_instance_uid", "plan_uids", "objects", "record", "added_from", "date", "of", "role", "decision"}
    | {"schedule", "basis", "modality", "dose_type", "summation_type", "unit"}
)
#: Mappings whose keys are names of targets and organs.
_KEYED_BY_NAME = frozenset({"prescriptions", "names"})

#: What is no name wherever it stands: a UID, a hash, a date, a number with decimals.
_BEFORE, _AFTER = r"(?<!\d)(?<!\d\.)", r"(?!\d|\.\d)"
_KEPT = (
    rf"{_BEFORE}[0-2](?:\.(?:0|[1-9]\d*)){{2,}}{_AFTER}|(?<![0-9a-f])[0-9a-f]{{64}}(?![0-9a-f])"
    rf"|(?<!\d)\d{{4}}-\d\d-\d\d(?!\d)|{_BEFORE}\d+\.\d+{_AFTER}"
)
_CJK = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f"
#: Letters have no case here, which saves most of the time that the class takes to compile.
_LETTER = rf"(?-i:[^\W\d_{_CJK}])"
#: Where a word begins and ends: beside no letter, or at a change of case ("SmithLiver").
_CASE_CHANGES = "(?-i:(?<=[a-z])(?=[A-Z]))"
_BEGIN, _END = rf"(?:(?<!{_LETTER})|{_CASE_CHANGES})", rf"(?:(?!{_LETTER})|{_CASE_CHANGES})"
_BETWEEN = r"[\s\^_,.;=/\\'\u2019-]"
_ID_PARTS = re.compile(r"[^\W_]+")
_PARTICLES = frozenset({"van", "von", "der", "den", "del", "della", "dos", "ibn", "ter", "ten", "zum", "zur"})
#: Units and modalities that look like a family name in capitals.
_SIGNS = frozenset({"CT", "GY", "HU", "MR", "MU", "MV", "PT", "RT"})
#: Family names that reports use as words; in other spellings than capitals they tell nobody.
_USED = (
    "act air all also an and any arc are area arm art as ask at band base be beam bed best bin black block board body "
    "bold bone border both box branch bridge burn but by call care case cause center centre chain change check chest "
    "child close cold come common core corner course cover cross cut day days deep depth do does done dose draft dry "
    "each early east edge end even eye face fall far few field fields file fill final find fine first fit five floor "
    "fold foot for form four fraction frame free from full gap gate give given go goal gold good grade grant gray "
    "great green grey grid group half hand has have he head heart held help her here high hint his hold hot how if "
    "image in inner is it its item judge just keep key kind lamb land large last late leaf least left less level lie "
    "light like limit limits line lines link list little load long look low lower main make many march margin mark "
    "marker marks mask match max may me mean means meet middle min minor missing model more most move much must my "
    "name near neck need new next no node nodes nor normal north not note notes now number odd of off old on one open "
    "or order organ organs other our out over own page pain pair part parts pass path patient per phantom phase pick "
    "place plain plan plans plane point pool port post present price print prior read record red rest ring risk room "
    "root round row rule run safe same save say scale scan score seed set share sharp short show side sign single "
    "site six size slice slices small so soft some son space spare split spot stage stand standard start state step "
    "still stone stop store such sum table tables take target targets ten term test than that the them then there "
    "they thick thin this three time to together told too top total trial true try turn two type under unit up upper "
    "us use used value view visit volume wall was water way we week well west what when where white who whole why "
    "wide will window with word work worst yes yet you young your"
)
_WORDS = frozenset(_USED.split())


def redacted(document: Mapping[str, object], patient: Patient) -> dict[str, object]:
    """A report in whose texts the patient's name (in any order, or the family name) and ID don't stand.

    Parameters
    ----------
    document : mapping
        As of `rtcheck.report.check_document`; the subject code in it isn't taken for an ID.
    patient : Patient
    """
    provenance = document.get("provenance")
    whose = provenance.get("patient") if isinstance(provenance, Mapping) else None
    subject = whose.get("subject") if isinstance(whose, Mapping) else None
    redact = redaction(patient, subject if isinstance(subject, str) else None)
    found = dict(document)
    findings = document.get("findings")
    if isinstance(findings, list):
        found["findings"] = [_finding(row, redact) for row in findings]
    if isinstance(provenance, Mapping):
        found["provenance"] = {
            key: value if key in _OWN else _replaced(value, redact, _OWN_SETTINGS if key == "settings" else frozenset())
            for key, value in provenance.items()
        }
    return found


def redacted_finding(finding: Finding, redact: Callable[[str], str]) -> Finding:
    """A finding in whose texts from files and people `redact` took out what it takes out."""
    return replace(
        finding,
        subject=redact(finding.subject),
        metric=_metric(finding.metric, redact),
        message=redact(finding.message),
        group=redact(finding.group),
        rois=tuple(map(redact, finding.rois)),
        flags=tuple(map(redact, finding.flags)),
        overrides=redact(finding.overrides),
        lesion=redact(finding.lesion),
        measured=tuple(replace(one, label=redact(one.label)) for one in finding.measured),
        overridden=redact(finding.overridden),
    )


@lru_cache(maxsize=16)
def redaction(patient: Patient, subject: str | None = None) -> Callable[[str], str]:
    """What takes the patient's name and ID out of one text.

    Parameters
    ----------
    patient : Patient
    subject : str, optional
        Subject code, which stays where the ID, or the name of a de-identified patient, is the same.

    Examples
    --------
    >>> redaction(Patient("12/3456", "SMITH^JOHN"))("plan John Smith, 12-3456")
    'plan [patient], [patient]'
    """
    patient_id, name = patient.patient_id.strip(), patient.name.strip()
    ids, names = list(_id_forms(patient_id, subject or "")), list(_grouped(_name_forms(name, subject or "")))
    if not ids and not names:
        return lambda text: text
    kept = f"(?P<kept>{_KEPT})"
    order = [*ids, kept, *names] if re.fullmatch(_KEPT, patient_id) else [kept, *ids, *names]
    pattern = re.compile("|".join(order), re.IGNORECASE)
    told = frozenset(
        one.lower() for word in (*_words(name), *_ID_PARTS.findall(patient_id)) for one in _spellings(word)
    )

    def redact(text: str) -> str:
        plain = text.lower()  # most texts hold none of the words: looked for first, ten times as fast
        if not any(word in plain for word in told):
            return text
        return pattern.sub(lambda match: match["kept"] or REDACTED, text)

    return redact


def _id_forms(patient_id: str, subject: str) -> Iterator[str]:
    """A pattern of the ID, with any separator in the place of its own; none for one that can't be told from words."""
    parts = _ID_PARTS.findall(patient_id)
    if len(patient_id) < SHORTEST or not parts or _is_word(patient_id):
        return
    if re.fullmatch(_KEPT, patient_id):  # as a UID, whole
        pattern = f"{_BEFORE}{re.escape(patient_id)}{_AFTER}"
    else:
        between = r"[-_ /\\]?" if sum(map(len, parts)) >= _LONG_ID else r"[-_ /\\]"
        written = f"{re.escape(patient_id)}|{between.join(map(re.escape, parts))}"
        pattern = f"{_edge(patient_id[0], '(?<!')}(?:{written}){_edge(patient_id[-1], '(?!')}"
    if not re.search(pattern, subject, re.IGNORECASE):
        yield pattern


def _edge(character: str, look: str) -> str:
    """No digit beside a digit, no letter beside a letter."""
    if character.isdigit():
        return rf"{look}\d)"
    return f"{look}{_LETTER})" if character.isalpha() else ""


def _name_forms(name: str, subject: str) -> Iterator[str]:
    """Patterns of a name: of its alphabetic, ideographic and phonetic group (DICOM PS3.5, 6.2.1), longest first."""
    if not name or name.casefold() == subject.casefold():
        return
    for group in name.split("="):
        components = [_words(part) for part in re.split(r"[\^,]", group)[:3]]
        family, given = components[0], [word for part in components[1:] for word in part]
        if all(re.search(f"[{_CJK}]", word) for word in (*family, *given)):
            yield from _unspaced(family, given)
        else:
            yield from _spaced(family, given)


def _grouped(patterns: Iterable[str]) -> Iterator[str]:
    """The same patterns, where several begin and end alike as one: what tells ends of words is long to compile."""
    for is_bounded, run in groupby(patterns, key=lambda one: one.startswith(_BEGIN) and one.endswith(_END)):
        if is_bounded:
            inner = "|".join(one.removeprefix(_BEGIN).removesuffix(_END) for one in run)
            yield f"{_BEGIN}(?:{inner}){_END}"
        else:
            yield from run


def _words(text: str) -> list[str]:
    return re.findall(f"[^{_BETWEEN[1:-1]}]+", text)


def _spaced(family: Sequence[str], given: Sequence[str]) -> Iterator[str]:
    """Of a name whose words are parted: whole in any order, the family name, and each telling word of it."""
    orders = (
        [*family, *given],
        [*given, *family],
        [*family, *given[:1]],
        [*given[:1], *family],
        *(() if given else (family[::-1],)),
    )
    for words in dict.fromkeys(tuple(order) for order in orders):
        if len(words) > 1:
            yield _bounded(_joined(words))
    for words in dict.fromkeys([tuple(family), *((word,) for word in family if word.lower() not in _PARTICLES)]):
        yield from _alone(words, is_part=len(words) < len(family))


def _alone(words: Sequence[str], *, is_part: bool) -> Iterator[str]:
    """A family name without a given name."""
    text = "".join(words)
    if len(text) < 2 or text.upper() in _SIGNS or (is_part and len(text) < SHORTEST):
        return
    if _is_word(" ".join(words)):
        if text.lower() in _WORDS and len(text) >= SHORTEST and text.upper() not in ("PASS", "PLAN"):
            yield _bounded(f"(?-i:{re.escape(text.upper())})")
        return
    if len(text) >= SHORTEST or len(words) > 1:
        yield _bounded(_joined(words))
    elif text[0].isalpha():
        yield _bounded(f"(?-i:{re.escape(text.capitalize())}|{re.escape(text.upper())})")


def _unspaced(family: Sequence[str], given: Sequence[str]) -> Iterator[str]:
    """Of a name in a script without blanks between words, wherever it stands."""
    first, last = "".join(given), "".join(family)
    blank = f"{_BETWEEN}*"
    if first and last:
        yield f"{re.escape(last)}{blank}{re.escape(first)}"
        yield f"{re.escape(first)}{blank}{re.escape(last)}"
    if len(last) > 1 and shipped_names().standard(last) is None:
        yield re.escape(last)


def _joined(words: Iterable[str]) -> str:
    """Words with anything that parts words between them, or nothing where that makes no other word."""
    some = list(words)
    between = f"{_BETWEEN}+" if _is_word("".join(some)) else f"{_BETWEEN}*"
    return between.join(f"(?:{'|'.join(map(re.escape, _spellings(word)))})" for word in some)


def _spellings(word: str) -> tuple[str, ...]:
    """As it is, with its accents apart (as some systems write file names), and without them."""
    apart = unicodedata.normalize("NFD", word)
    return tuple(dict.fromkeys(one for one in (unicodedata.normalize("NFC", word), apart, *spellings(word)) if one))


def _bounded(pattern: str) -> str:
    return f"{_BEGIN}(?:{pattern}){_END}"


def _is_word(text: str) -> bool:
    """Whether a text is an organ, or a word that reports use."""
    return text.lower() in _WORDS or shipped_names().standard(text) is not None


def _finding(row: object, redact: Callable[[str], str]) -> object:
    """The same of a finding as plain data."""
    if not isinstance(row, Mapping):
        return row
    told = {key: _replaced(value, redact) if key in _TEXTS else value for key, value in row.items()}
    return {**told, "metric": _metric(str(row["metric"]), redact)} if "metric" in row else told


def _metric(text: str, redact: Callable[[str], str]) -> str:
    """A metric, in which nothing but the target that it is asked at comes from a file: ``R50@PTV[1]``."""
    metric, at, target = text.partition("@")
    return f"{metric}{at}{redact(target)}"


def _replaced(value: object, redact: Callable[[str], str], own: frozenset[str] = frozenset()) -> object:
    """Plain data with every text redacted but fixed ones, and the names among its keys."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {
            key: one if key in _FIXED or key in own else (_by_name if key in _KEYED_BY_NAME else _replaced)(one, redact)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_replaced(one, redact) for one in value]
    return value


def _by_name(value: object, redact: Callable[[str], str]) -> object:
    """A mapping from names; two that are one when redacted stay two."""
    if not isinstance(value, Mapping):
        return _replaced(value, redact)
    found: dict[str, object] = {}
    for key, one in value.items():
        name, number = redact(str(key)), 2
        while name in found:
            name, number = f"{redact(str(key))} ({number})", number + 1
        found[name] = _replaced(one, redact)
    return found
