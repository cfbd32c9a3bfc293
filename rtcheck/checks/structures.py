"""Are the ROIs there that a protocol needs?"""

from __future__ import annotations

from rtcheck.case import Case
from rtcheck.constraint import RequiredRoi
from rtcheck.errors import AmbiguousRoiError, MissingRoiError
from rtcheck.finding import Finding, Verdict


def required_roi(case: Case, rule: RequiredRoi) -> Finding:
    """PASS where the ROI is contoured; NOT_EVALUATED where it is missing, empty or ambiguous."""
    verdict, reason = Verdict.NOT_EVALUATED, ""
    rois: tuple[str, ...] = ()
    try:
        rois = case.rois_of(rule.roi)
    except MissingRoiError as error:
        reason, message = "roi-missing", f"required, but {error}"
    except AmbiguousRoiError as error:
        reason, message = "roi-ambiguous", f"required, but {error}"
    else:
        contoured = {roi.name for roi in case.study.structure_set.rois if roi.closed_contours}
        empty = [name for name in rois if name not in contoured]
        if empty:
            reason, message = "roi-empty", f"required, but without closed contours: {', '.join(empty)}"
        else:
            verdict = Verdict.PASS
            message = f"contoured as {', '.join(rois)}"
    return Finding(
        check="required-roi",
        subject=rule.roi,
        verdict=verdict,
        message=message,
        source=rule.source,
        reason=reason,
        group="Required ROIs",
        rois=rois,
    )
