"""Which images a plan was made on."""

from __future__ import annotations

from dataclasses import replace

from rtcheck.case import Case
from rtcheck.plan_checks.image_facts import called, planning_cts
from tests.plan_checks.samples import sample


def test_the_planning_ct_is_that_which_was_drawn_on():
    study = sample()
    (ct,) = study.images
    other = replace(ct, series_instance_uid="1.2.3", sop_instance_uids=("1.2.3.1",), description=None)
    assert planning_cts(Case(replace(study, images=(other, ct)))) == (ct,)
    by_uid = replace(study.structure_set, referenced_image_uids=frozenset(), referenced_series_uids=("1.2.3",))
    assert planning_cts(Case(replace(study, structure_set=by_uid, images=(other, ct)))) == (other,)
    neither = replace(study.structure_set, referenced_image_uids=frozenset(), referenced_series_uids=())
    assert planning_cts(Case(replace(study, structure_set=neither, images=(other, ct)))) == (other, ct)
    assert (called(other), called(ct)) == ("CT series ...1.2.3", "CT 'Synthetic CT'")
