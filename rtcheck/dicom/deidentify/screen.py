"""Texts cleaned of what identifies a patient, so that they still say what a plan's labels say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from functools import cache, lru_cache
from typing import NamedTuple

from rtcheck.dicom.deidentify.contacts import addresses_in, phones_in
from rtcheck.dicom.deidentify.days import days_in, uids_in, written_days
from rtcheck.dicom.deidentify.identity import SHORTEST_NUMBER, SHORTEST_WORD, Identity
from rtcheck.dicom.deidentify.initials import beside, whole_in
from rtcheck.dicom.deidentify.pseudonyms import Pseudonyms
from rtcheck.dicom.deidentify.texts import byte_forms, folded, spellings
from rtcheck.nomenclature import helper_word, normalised, shipped_names
from rtcheck.nomenclature.helpers import HELPER_WORDS

#: Longer words of a name are found within other words, too.
_STANDS_ALONE = 4
#: Scripts from here on write words without blanks between them.
_FIRST_IDEOGRAPH = 0x2E80
#: So long must a word and a number be to be looked for among bytes of pixels, where shorter ones stand by chance.
_WORD_AMONG_BYTES, _NUMBER_AMONG_BYTES = 6, 8
_LONGEST_TERM = 3
_TELLING_NUMBER = 6
_RUN = re.compile(r"[^\W\d_]+")
#: Words that names of plans, beams, series and ROIs are made of, and terms of DICOM: a patient may be called Boost or
#: Arm, and labels must go on saying what they say.
_WORDS = (
    "arc bed body boost box dose field gtv ctv ptv itv igtv oar left right low high max mean min mid organ organs "
    "spine vertebra rib ribs sternum sacrum pelvis femur phantom plan point setup skin total target head neck hand "
    "foot arm leg bone node lymph sbrt imrt vmat dcrt srs srt ct mr mri pt pet gy cgy fx fr mu mv mev mm cm cc ml lt "
    "rt ap pa lat sup inf ant post cor sag tra ax abd thx pel mip avg ave axial supine prone hfs ffs hfp ffp external "
    "internal marker manual automatic semiautomatic closed open planar static dynamic standard photon electron proton "
    "ion site volume coordinates patient device fixed gated gating breath hold free insp exp couch table surface "
    "bolus support fixation cavity contrast agent isocenter isocentre registration control treatment treated "
    "irradiated approved unapproved rejected verified original derived primary secondary image images contour "
    "structure set series study scan recon water air test anonymous anonymized anonymised unknown none nobody noname"
)
_ORDINARY = frozenset(_WORDS.split())
#: Words that are no initials: what plans for measurements are called, and boosts.
_NO_INITIALS = HELPER_WORDS | {"qa", "dqa", "psqa", "dnt", "sib", "prv", "opt"}
#: Shorter initials are abbreviations of much else (``LN``, ``GE``): they stay in labels, and are told.
_SHORTEST_INITIALS = 3
_GAP_BEFORE, _GAP_AFTER = re.compile(r"[ _-]{0,2}"), re.compile(r"[ ,_]{1,3}")
_SIDES = ("l.", "r.")


class _Hit(NamedTuple):
    """What stands from one place of a text to another, and what gives it the words that take its place."""

    start: int
    stop: int
    said: str
    instead: Callable[[str], str]


class Screen:
    """Takes what identifies a patient out of texts.

    Parameters
    ----------
    identity : Identity
    pseudonyms : Pseudonyms
        Says what stands in place of what.

    Attributes
    ----------
    changed : dict of str to str
        Every text that was changed, with what it became; texts that were different stay different.
    """

    def __init__(self, identity: Identity, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms
        self.changed: dict[str, str] = {}
        self._spared: dict[str, str] = {}
        common = {word for word in identity.words if _is_ordinary(word)}
        self._common = {folded(word)[0]: word for word in common}
        self._forms: dict[str, str] = {}
        for word in sorted(identity.words - common):
            forms = (form for form in spellings(word) if len(form) >= SHORTEST_WORD and form not in _ORDINARY)
            self._forms |= dict.fromkeys(forms, folded(word)[0])
        self._numbers = _number_forms(identity)
        self._phrases = {folded(phrase)[0]: phrase for phrase in identity.phrases if not _is_ordinary(phrase)}
        self._bytes = _bytes_of(identity, common)
        self._traces = _traces(identity, common)
        self._initials = identity.initials
        self._beside = beside(identity.partial_initials)
        self._labels = {*identity.labels, pseudonyms.code}
        # Replaced in all labels or in none: sheets name ROIs in small letters, too.
        self._replaced = {
            letters
            for label in self._labels
            for first, last, letters in _initials_in(label, identity.initials)
            if label[first:last].isupper() and len(letters) >= _SHORTEST_INITIALS
        }
        self._cleaned: dict[str, str] = {}
        self._scrubs: dict[str, str] = {}
        self._keep_apart(identity.labels)

    @property
    def spared(self) -> tuple[str, ...]:
        """What stays in labels, for it may mean something else: somebody must look.

        Words of names that are words of organs and plans, and the patient's initials that are two letters, or never
        in capitals.
        """
        return tuple(self._spared[word] for word in sorted(self._spared))

    def clean(self, text: str) -> str:
        """A text without names, numbers, days and UIDs of the original, addresses and telephone numbers."""
        if text not in self._cleaned:
            self._cleaned[text] = self._scrubbed(text)
        cleaned = self._cleaned[text]
        if cleaned != text:
            self.changed[text] = cleaned
        return cleaned

    def clean_term(self, text: str) -> str:
        """As `clean`, of a code string; the shortest (``NO``, ``CT``) are terms of DICOM, whoever is called so."""
        return text if len(text) <= _LONGEST_TERM else self.clean(text)

    def clean_bytes(self, value: bytes) -> bytes:
        """A text's bytes without names in other character sets than the one that it was decoded by."""
        if value.isascii() and not re.search(rb"[\x1b\x0e]|~\{", value):
            return value
        for form, word in self._bytes:
            if form in value:
                value = value.replace(form, self._pseudonyms.word(word).encode())
        return value

    def holds(self, text: str) -> bool:
        """Whether a text still says who the patient is."""
        return self._scrubbed(text) != text

    def is_number(self, text: str) -> bool:
        """Whether a number is one of the patient's, as a whole; shorter ones are so by chance."""
        return len(text.strip()) >= _TELLING_NUMBER and text.strip().casefold() in self._numbers

    def stands_in(self, value: bytes) -> bool:
        """Whether long words or numbers stand among bytes that are no text: image formats may have comments."""
        return any(trace in value for trace in self._traces)

    def _keep_apart(self, labels: Iterable[str]) -> None:
        """Clean labels so that no two that were different become one."""
        cleaned = {label: self._scrubbed(label) for label in sorted(labels)}
        taken = {normalised(label): normalised(label) for label, after in cleaned.items() if after == label}
        for label, after in cleaned.items():
            made, count = after, 0
            while taken.setdefault(normalised(made), normalised(label)) != normalised(label):
                count += 1
                made = f"{after}_{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[count % 26] * (1 + count // 26)}"
            self._cleaned[label] = made

    def _scrubbed(self, text: str) -> str:
        if text not in self._scrubs:
            self._scrubs[text] = self._without_hits(text)
        return self._scrubs[text]

    def _without_hits(self, text: str) -> str:
        hits = sorted(self._hits(text), key=lambda hit: (hit.start, -hit.stop))
        made, at = [], 0
        for hit in hits:
            if hit.start >= at:
                made += [text[at : hit.start], hit.instead(hit.said)]
                at = hit.stop
            else:
                at = max(at, hit.stop)  # overlaps the one before: gone with it
        scrubbed = "".join([*made, text[at:]])
        if scrubbed != text and _meaning(scrubbed) != _meaning(text):
            self._spare(*(text[hit.start : hit.stop] for hit in hits))
            return text
        return scrubbed

    def _hits(self, text: str) -> Iterator[_Hit]:
        yield from (_Hit(*day.span(), day.group(), self._pseudonyms.day_text) for day in days_in(text))
        yield from (_Hit(*uid.span(), uid.group(), self._pseudonyms.uid) for uid in uids_in(text))
        plain, places = folded(text)
        ends = [*places, len(text)]
        for forms, stands in ((self._forms, _is_word), (self._numbers, _is_number), (self._phrases, _is_word)):
            for start, stop, form in _found(plain, forms):
                if stands(text, ends[start], ends[stop - 1] + 1, form):
                    first, last = self._with_initials(text, start, stop) if forms is self._forms else (start, stop)
                    yield _Hit(ends[first], ends[last - 1] + 1, forms[form], self._pseudonyms.word)
        for start, stop, form in _found(plain, self._common):
            if _at_edges(text, ends[start], ends[stop - 1] + 1):
                self._spare(self._common[form])
        if text in self._labels:
            yield from self._of_initials(text)
        yield from self._of_contacts(text)

    def _with_initials(self, text: str, start: int, stop: int) -> tuple[int, int]:
        """From where to where a name stands in the folded text, with initials of the patient beside it: ``K.-H.``."""
        plain, places = folded(text)
        for match in self._beside.finditer(plain) if self._beside else ():
            first, last = match.span()
            letters = match.group()
            bare = text[places[first] : places[last - 1] + 1]
            if "." not in letters and (not bare.isupper() or letters in _vocabulary() | _NO_INITIALS):
                continue
            if last <= start and _GAP_BEFORE.fullmatch(plain, last, start):
                # ``Kidney L. Lee`` tells a side.
                if not (letters in _SIDES and _follows_vocabulary(plain, first)):
                    return first, stop
            elif stop <= first and letters not in _SIDES and _GAP_AFTER.fullmatch(plain, stop, first):
                return start, last
        return start, stop

    def _of_initials(self, label: str) -> Iterator[_Hit]:
        for first, last, letters in _initials_in(label, self._initials):
            if letters in self._replaced:
                yield _Hit(first, last, letters, self._pseudonyms.word)
            elif label[first:last].isupper() or len(letters) >= _SHORTEST_INITIALS:
                self._spare(label[first:last])

    def _of_contacts(self, text: str) -> Iterator[_Hit]:
        plain, places = folded(text)
        for start, stop in addresses_in(plain):
            yield _Hit(places[start], places[stop - 1] + 1, plain[start:stop], self._pseudonyms.word)
        if text == self._pseudonyms.code:
            return
        for found in (*days_in(text), *uids_in(text)):
            text = f"{text[: found.start()]}{'|' * len(found.group())}{text[found.end() :]}"
        plain, places = folded(text)
        for start, stop in phones_in(plain):
            said = "".join(sign for sign in plain[start:stop] if sign.isdigit() or sign == "+")
            yield _Hit(places[start], places[stop - 1] + 1, said, self._pseudonyms.word)

    def _spare(self, *words: str) -> None:
        for word in words:
            self._spared.setdefault(folded(word)[0], word)


def _found(plain: str, forms: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    for form in forms:
        start = plain.find(form)
        while start >= 0:
            yield start, start + len(form), form
            start = plain.find(form, start + 1)


def _is_word(text: str, start: int, stop: int, form: str) -> bool:
    """Whether a name stands there: a short one as a word, a long one also within another that is none of anatomy."""
    if len(form) > _STANDS_ALONE or ord(form[0]) >= _FIRST_IDEOGRAPH:
        return not any(
            run.start() < start + 1 and stop <= run.end() and _is_vocabulary(run, form) for run in _runs(text)
        )
    return _at_edges(text, start, stop)


def _is_vocabulary(run: re.Match[str], form: str) -> bool:
    word = folded(run.group())[0]
    return word != form and word in _vocabulary()


def _initials_in(label: str, initials: Set[str]) -> Iterator[tuple[int, int, str]]:
    """Where a label has whole initials that are no word of anatomy or of plans, with them."""
    plain, places = folded(label)
    for start, stop, letters in whole_in(plain, initials):
        if letters not in _vocabulary() | _NO_INITIALS:
            yield places[start], places[stop - 1] + 1, letters


def _follows_vocabulary(plain: str, place: int) -> bool:
    """Whether a word of anatomy or of plans stands right before a place of a folded text."""
    before = [run.group() for run in _RUN.finditer(plain, 0, place)]
    return bool(before) and before[-1] in _vocabulary()


def _is_number(text: str, start: int, stop: int, _form: str) -> bool:
    """Whether an ID stands there, and not a part of a longer number."""
    before, after = text[start - 1 : start], text[stop : stop + 1]
    return not (text[start].isdigit() and before.isdigit()) and not (text[stop - 1].isdigit() and after.isdigit())


def _at_edges(text: str, start: int, stop: int) -> bool:
    return _is_edge(text, start) and _is_edge(text, stop)


def _is_edge(text: str, place: int) -> bool:
    """Whether a word ends there: at what is no letter, and where small letters go over into capitals."""
    if place in (0, len(text)):
        return True
    before, after = text[place - 1], text[place]
    if not (before.isalpha() and after.isalpha()):
        return True
    if max(ord(before), ord(after)) >= _FIRST_IDEOGRAPH:
        return True
    then = text[place + 1 : place + 2]
    return after.isupper() and (before.islower() or then.islower())


@lru_cache(maxsize=1 << 12)
def _runs(text: str) -> tuple[re.Match[str], ...]:
    return tuple(_RUN.finditer(text))


def _meaning(text: str) -> tuple[str | None, bool]:
    """What a label says by its words: the organ that it names, and whether it is a helper structure's."""
    return shipped_names().standard(text), bool(helper_word(text))


@cache
def _vocabulary() -> frozenset[str]:
    """The words of all names of organs, in all languages."""
    listed = shipped_names().listed.entries
    texts = [text for entry in listed for text in (entry.name, *(word.text for word in entry.words))]
    return frozenset(folded(run)[0] for text in texts for run in _RUN.findall(text)) | _ORDINARY


@cache
def _organs() -> frozenset[str]:
    """Names of organs that are one word, those that want a side among them: ``breast``."""
    listed = shipped_names().listed.entries
    texts = [text for entry in listed for text in (entry.name, *(word.text for word in entry.words))]
    return frozenset(folded(text)[0] for text in texts if _RUN.fullmatch(text))


def _is_ordinary(word: str) -> bool:
    plain = folded(word)[0]
    return plain in _ORDINARY | HELPER_WORDS | _organs() or shipped_names().standard(word) is not None


def _number_forms(identity: Identity) -> dict[str, str]:
    """IDs and birth dates as they may be written, by form."""
    forms: dict[str, str] = {}
    for number in sorted(identity.numbers):
        plain = folded(number)[0]
        bare = re.sub(r"[\W_]+", "", plain)
        for form in (plain, bare, bare.lstrip("0")):
            if len(form) > SHORTEST_NUMBER or form == plain:
                forms.setdefault(form, plain)
    for birth in sorted(identity.births):
        forms |= {form: birth for form in written_days(birth) if form not in forms}
    return forms


def _bytes_of(identity: Identity, common: set[str]) -> list[tuple[bytes, str]]:
    """Bytes of names that aren't ASCII, in every encoding, the longest first."""
    words = [word for word in identity.words - common if not word.isascii()]
    found = {form: folded(word)[0] for word in words for form in byte_forms(word) if len(form) >= _STANDS_ALONE}
    found |= {part: part.decode("latin-1") for part in identity.bytes_of_names if part not in found}
    return sorted(found.items(), key=lambda pair: (-len(pair[0]), pair[0]))


def _traces(identity: Identity, common: set[str]) -> tuple[bytes, ...]:
    words = [word for word in identity.words - common if len(word) >= _WORD_AMONG_BYTES]
    numbers = [number for number in identity.numbers if len(number) >= _NUMBER_AMONG_BYTES]
    forms = {form for text in (*words, *numbers) for form in (text, text.upper(), text.lower(), text.title())}
    return tuple(sorted(form.encode("utf-8") for form in forms))
