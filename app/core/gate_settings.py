"""The limits of the donation form against card testing: settings of their own, because they are many."""

from pydantic import Field
from pydantic_settings import BaseSettings


class GateSettings(BaseSettings):
    """How much may go wrong before the form asks for more, or lets nobody through.

    Each gift that succeeds makes room for a quarter of a failure more, everywhere but on a payment page.
    """

    gate_form_seconds: float = Field(default=2, ge=0)
    gate_form_payments: int = Field(default=5, gt=0)
    gate_minute_failures: int = Field(default=3, gt=0)
    gate_day_failures: int = Field(default=10, gt=0)
    gate_donor_failures: int = Field(default=5, gt=0)
    gate_card_failures: int = Field(default=5, gt=0)
    gate_page_failures: int = Field(default=3, gt=0)
    gate_open_payments: int = Field(default=12, gt=0)
    gate_domain_payments: int = Field(default=8, gt=0)
    gate_letters: int = Field(default=20, gt=0)
    gate_project_failures: int = Field(default=10, gt=0)
    gate_project_ratio: float = Field(default=0.2, gt=0, le=1)
    gate_project_open: int = Field(default=60, gt=0)
    gate_attack_minutes: int = Field(default=30, gt=0)
