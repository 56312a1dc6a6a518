"""What the database itself says of the main job's money."""

from decimal import Decimal

import psycopg

from tests.browser.main_job import Outcome

GIVEN = {"video": 6234, "uncredited": 700}  # pence, as the job gave them


def prove(database_url: str, outcome: Outcome) -> None:
    """Ledger, credits and the downloaded report hold the same money, credited to the right video."""
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        credited = connection.execute(
            "SELECT video.code, sum(credit.amount_minor) FROM credit"
            " LEFT JOIN video ON video.id = credit.video_id GROUP BY video.code"
        ).fetchall()
        ledger = connection.execute(
            "SELECT account, sum(amount_minor) FROM ledger_entry GROUP BY account"
        ).fetchall()
    assert dict(credited) == {outcome.credited_video: GIVEN["video"], None: GIVEN["uncredited"]}
    accounts = {account: int(minor) for account, minor in ledger}
    assert accounts["donations"] == -sum(GIVEN.values())
    assert accounts["provider"] == sum(GIVEN.values()) - accounts["fees"]
    prove_csv(outcome.csv_rows, accounts["fees"])


def prove_csv(rows: list[dict[str, str]], fees_minor: int) -> None:
    [total] = [row for row in rows if row["Row"] == "Total"]
    assert Decimal(total["Gross"]) * 100 == sum(GIVEN.values())
    assert Decimal(total["Fees"]) * 100 == fees_minor
    assert Decimal(total["Net"]) == Decimal(total["Gross"]) - Decimal(total["Fees"])
    by_video = {row["Video"]: Decimal(row["Gross"]) * 100 for row in rows if row["Row"] == "Video"}
    assert by_video["Mei draws a well"] == GIVEN["video"]
