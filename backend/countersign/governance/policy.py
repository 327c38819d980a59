"""Who must decide on a change: a pure function over the score and what the change is.

More than 50 points need the CAB, 50 do not (implementation plan, P5.3 and P5.4). Some changes need it at any
score: those that touch authentication, cryptography, CI, build, dependencies or the gates' own configuration,
and those of which something that changed could not be judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from countersign.governance.contracts import (
    TOUCH_KINDS,
    PolicyDecision,
    PolicyReason,
    QuorumPart,
    RuleMode,
)
from countersign.shared.errors import InvalidInput
from countersign_verify.quorum_policy import BUILT_IN
from countersign_verify.vocabulary import TIER_CAB, TIER_STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from countersign.governance.contracts import RuleData, ViolationData
    from countersign_verify.quorum_policy import Tiers

CAB_ABOVE: Final = 50
_MAX_SCORE: Final = 100

RULE_THRESHOLD: Final = "risk.cab-above-50"
RULE_TOUCH: Final = "risk.sensitive-areas-need-the-cab"
RULE_UNKNOWN: Final = "risk.unknown-needs-the-cab"
RULE_TOGETHER: Final = "risk.splitting-does-not-help"

_AREAS: Final[dict[str, str]] = {
    "authentication": "authentication or authorisation",
    "cryptography": "cryptography",
    "ci": "continuous integration",
    "build": "the build",
    "dependencies": "dependencies",
    "gate_configuration": "the configuration of the gates",
}


def _threshold(rules: Iterable[RuleData]) -> tuple[int, str]:
    """Return the threshold and the rule that sets it; a rule can lower it, never raise it."""
    limit, code = CAB_ABOVE, RULE_THRESHOLD
    for rule in rules:
        if (
            rule.check.get("kind") == "risk_threshold"
            and rule.check.get("action") == "cab"
            and rule.mode is RuleMode.ENFORCE
        ):
            value = rule.check.get("limit")
            if isinstance(value, int) and value < limit:
                limit, code = value, rule.code
    return limit, code


def _further_areas(rules: Iterable[RuleData]) -> dict[str, str]:
    """Return which rule sends which area to the CAB; the built-in areas can't be taken away."""
    areas = dict.fromkeys(TOUCH_KINDS, RULE_TOUCH)
    for rule in rules:
        if rule.check.get("kind") == "touch_requires_cab" and rule.mode is RuleMode.ENFORCE:
            named = rule.check.get("touches", ())
            for area in named if isinstance(named, list | tuple) else ():
                areas.setdefault(str(area), rule.code)
    return areas


def policy_decide(
    score: int,
    unknown: Iterable[str],
    touches: Iterable[str],
    violations: Iterable[ViolationData] = (),
    *,
    rules: Iterable[RuleData] = (),
    tiers: Tiers = BUILT_IN,
) -> PolicyDecision:
    """Decide the tier and quorum of a change.

    Args:
        score: the risk score, 0..100.
        unknown: the risk factors of which something that changed could not be judged.
        touches: what of special weight the change touches.
        violations: what it breaks; a blocking one stops it whoever approves.
        rules: the rules that apply; they can only ask for more than the built-in policy.
        tiers: how many of which role decide in each tier. Which tier it is, no quorum policy can change.

    Raises:
        InvalidInput: the score lies outside 0..100.
    """
    if not 0 <= score <= _MAX_SCORE:
        message = f"a risk score lies between 0 and {_MAX_SCORE}, not {score}"
        raise InvalidInput(message, score=score)
    applying = tuple(rules)
    limit, threshold_rule = _threshold(applying)
    areas = _further_areas(applying)
    reasons: list[PolicyReason] = []
    if score > limit:
        reasons.append(
            PolicyReason(threshold_rule, f"The risk score is {score}; above {limit} the CAB decides.")
        )
    for area in sorted(set(touches)):
        rule = areas.get(area, RULE_TOUCH)  # an area that nobody named is treated like the named ones
        reasons.append(PolicyReason(rule, f"The change touches {_AREAS.get(area, area)}."))
    reasons.extend(
        PolicyReason(RULE_UNKNOWN, f"The risk factor '{factor}' could not be judged, and unknown is not low.")
        for factor in sorted(set(unknown))
    )
    cab = bool(reasons)
    if not cab:
        reasons.append(
            PolicyReason(
                threshold_rule,
                f"The risk score is {score}, at most {limit}, and nothing of special weight is touched.",
            )
        )
    stopped = [violation for violation in violations if violation.blocking]
    reasons.extend(PolicyReason(violation.rule, f"Stopped: {violation.what}") for violation in stopped)
    parts = tiers[TIER_CAB if cab else TIER_STANDARD]
    return PolicyDecision(
        tier="cab" if cab else "director",
        quorum=tuple(QuorumPart(role, count) for role, count in sorted(parts.items())),
        reasons=tuple(reasons),
        blocked=bool(stopped),
    )
