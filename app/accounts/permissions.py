"""What people may do: one enum, and which role of a nonprofit carries which of it."""

from enum import StrEnum


class Action(StrEnum):
    """Something a member of a nonprofit may do there, by role."""

    NONPROFIT_READ = "nonprofit.read"
    NONPROFIT_EDIT = "nonprofit.edit"
    TEAM_MANAGE = "team.manage"
    PAYMENTS_MANAGE = "payments.manage"
    PROJECT_EDIT = "project.edit"
    PROJECT_PAUSE = "project.pause"
    REPORT_READ = "report.read"
    RANKING_REVIEW = "ranking.review"  # why gifts are held out of rankings, which tells of their givers
    DONOR_READ = "donor.read"
    MONEY_READ = "money.read"  # payouts, disputes, differences
    MONEY_SETTLE = "money.settle"  # notes on disputes, settled differences, asking the provider
    REFUND_MAKE = "refund.make"
    CREDIT_DECIDE = "credit.decide"  # what creators say of a split


ROLE_ACTIONS: dict[str, frozenset[Action]] = {
    "owner": frozenset(Action),
    "editor": frozenset(
        {
            Action.NONPROFIT_READ,
            Action.PROJECT_EDIT,
            Action.PROJECT_PAUSE,
            Action.REPORT_READ,
            Action.CREDIT_DECIDE,
        }
    ),
    "finance": frozenset(
        {
            Action.NONPROFIT_READ,
            Action.PAYMENTS_MANAGE,
            Action.PROJECT_PAUSE,
            Action.REPORT_READ,
            Action.RANKING_REVIEW,
            Action.DONOR_READ,
            Action.MONEY_READ,
            Action.MONEY_SETTLE,
            Action.REFUND_MAKE,
        }
    ),
    "viewer": frozenset({Action.NONPROFIT_READ, Action.REPORT_READ}),
}


def permits(role: str | None, action: Action) -> bool:
    """Whether somebody with `role` in a nonprofit (None: no member) may do `action` there."""
    return role is not None and action in ROLE_ACTIONS[role]
