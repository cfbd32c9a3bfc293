"""Dose-response models: the probability of a complication or of tumour control that a DVH predicts.

A model is nothing without its parameters, and parameters hold for the normalisation of dose (physical, BED, EQD2, EQDx
and its alpha/beta) that they were fitted in. A set therefore carries its basis and meets only a DVH of the same one; a
set whose normalisation isn't known is refused until its user states one, and says so from then on.
"""

from rtcheck.response.eud import generalized_eud
from rtcheck.response.models import Response, lkb_ntcp, ntcp, poisson_ntcp, poisson_tcp, probit_on_mean
from rtcheck.response.parameters import NEEDS, Model, ParameterSet

__all__ = [
    "NEEDS",
    "Model",
    "ParameterSet",
    "Response",
    "generalized_eud",
    "lkb_ntcp",
    "ntcp",
    "poisson_ntcp",
    "poisson_tcp",
    "probit_on_mean",
]
