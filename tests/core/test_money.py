from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.core.money import EXPONENTS, Money, largest_remainder, parse


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("50", "USD", 5000),
        (" 1,250.50 ", "USD", 125050),
        ("１００", "CNY", 10000),
        ("１２，３００。５", "CNY", 1230050),
        ("500", "JPY", 500),
        ("1.234", "KWD", 1234),
        ("0.01", "EUR", 1),
        ("£5", "GBP", 500),
        (".5", "GBP", 50),
        ("1 000", "EUR", 100000),
        ("1\u202f250,50 €", "EUR", 125050),
        ("1.250,50", "EUR", 125050),
        ("1.250.000", "EUR", 125000000),
        ("1'250.50", "CHF", 125050),
        ("￥１００", "JPY", 100),
        ("100元", "CNY", 10000),
        ("1,25,000", "INR", 12500000),
        ("$5", "AUD", 500),
        ("us$ 5", "USD", 500),
    ],
)
def test_an_amount_is_read_exactly(text: str, currency: str, minor: int) -> None:
    assert parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize("text", ["", "abc", "-5", "0", "1e3000", "NaN", "Infinity", "1.001", "5 0", "0x10"])
def test_what_is_no_amount_is_refused_beside_its_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text, "USD")
    assert refused.value.field == "amount"


@pytest.mark.parametrize(
    ("text", "currency", "one", "other"),
    [
        ("10,50", "EUR", "10.50", "1050"),
        (",5", "EUR", "0.50", "5"),
        ("1.500", "EUR", "1.50", "1500"),
        ("1.500", "JPY", "1", "1500"),
        ("1,500", "KWD", "1.500", "1500"),
    ],
)
def test_what_can_mean_two_amounts_is_refused_and_both_are_named(
    text: str, currency: str, one: str, other: str
) -> None:
    with pytest.raises(Invalid, match="two amounts") as refused:
        parse(text, currency)
    assert refused.value.params == {"one": one, "other": other}
    assert parse(one, currency) < parse(other, currency)


@pytest.mark.parametrize(
    ("text", "currency"), [("$5", "GBP"), ("US$5", "AUD"), ("5 EUR", "USD"), ("¥5", "KRW")]
)
def test_the_mark_of_another_currency_is_refused(text: str, currency: str) -> None:
    with pytest.raises(Invalid, match=f"is in {currency} here"):
        parse(text, currency)


@given(
    st.integers(1, 10**13),
    st.sampled_from([(",", "."), (" ", "."), (" ", ","), ("\u202f", ","), ("'", "."), (".", ",")]),
    st.sampled_from(["{}", "€{}", "{} €", "EUR {}", " {}eur"]),
    st.booleans(),
)
def test_every_usual_way_of_writing_an_amount_is_read_as_that_amount_or_its_clear_form_is_named(
    minor: int, separators: tuple[str, str], mark: str, wide: bool
) -> None:
    thousands, before_cents = separators
    plain = f"{minor // 100:,}.{minor % 100:02}"
    written = "".join({",": thousands, ".": before_cents}.get(one, one) for one in plain)
    if wide:
        written = "".join(chr(ord(one) + 0xFEE0) if one.isdigit() else one for one in written)
    if before_cents == "," and minor < 100_000:  # one comma alone
        with pytest.raises(Invalid, match="two amounts") as refused:
            parse(mark.format(written), "EUR")
        written = str(refused.value.params["one"])
    assert parse(mark.format(written), "EUR") == Money(minor, "EUR")


def test_yen_have_no_decimal_places() -> None:
    with pytest.raises(Invalid, match="JPY has at most 0 decimal places"):
        parse("1.5", "JPY")


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(Invalid, match="XTS is not supported"):
        parse("1", "XTS")


@given(st.sampled_from(sorted(EXPONENTS)), st.integers(1, 10**13))
def test_reading_what_was_written_gives_the_same_money(currency: str, minor: int) -> None:
    money = Money(minor, currency)
    assert parse(f"{money.decimal:f}", currency) == money


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(ValueError, match="cannot mix USD and EUR"):
        Money(1, "USD") + Money(1, "EUR")


def test_a_hundred_in_three_gives_the_odd_cent_to_the_first() -> None:
    assert largest_remainder(100, [Fraction(1)] * 3) == [34, 33, 33]
    assert largest_remainder(1271, [Fraction(1)] * 2) == [636, 635]


def test_a_weight_of_nothing_gets_nothing() -> None:
    assert largest_remainder(101, [Fraction(0), Fraction(1)]) == [0, 101]


@pytest.mark.parametrize(("total", "weights"), [(1, []), (1, [0, 0]), (1, [-1, 2]), (-1, [1])])
def test_a_split_without_sense_is_an_error(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError):
        largest_remainder(total, [Fraction(weight) for weight in weights])


@given(
    st.integers(0, 10**12),
    st.lists(st.fractions(min_value=0, max_value=1000), min_size=1, max_size=30).filter(any),
)
def test_parts_add_up_and_are_within_one_of_their_share(total: int, weights: list[Fraction]) -> None:
    parts = largest_remainder(total, weights)
    whole = sum(weights)
    assert sum(parts) == total
    assert all(abs(part - total * weight / whole) < 1 for part, weight in zip(parts, weights, strict=True))


@pytest.mark.parametrize("typed", ["10,50", "1,5", "1_000", "1e3", "1e999999", "1,0000", "٣"])
def test_an_amount_that_could_mean_another_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        parse(typed, "EUR")
