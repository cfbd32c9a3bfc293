"""From the description of a candidate to what chooses it."""

from __future__ import annotations

import re

_UID = r"[0-2](?:\.[0-9]+){2,}"


def selector_of(description: str, option: str) -> str:
    """The SOP Instance UID in a candidate's description, or its file name where it has no UID.

    Parameters
    ----------
    description : str
        As `AmbiguousStudyError` has it: ``'label' (file, UID, patient ID)``, or for several patients
        ``patient ID: plan 'label' (file, UID), dose 'label' (file, UID)``.
    option : str
        ``--plan``, ``--dose`` or ``--structures``: the object meant where the description has several.
    """
    kind = {"--plan": "plan", "--dose": "dose", "--structures": "structure set"}[option]
    several = rf"\b{kind} .*?\([^()]*?, ({_UID})\)"
    uid = re.search(several, description) if description.startswith("patient ") else None
    uid = uid or re.search(rf"\([^()]*, ({_UID})[,)]", description)
    if uid:
        return uid.group(1)
    file = re.search(r"\(([^(),]+), no SOP Instance UID", description)
    return file.group(1) if file else description
