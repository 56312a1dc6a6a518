from app.core.ids import ALPHABET, new_code


def test_codes_have_no_vowels_and_no_look_alikes() -> None:
    assert not set("aeiou01l") & set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET) == 28


def test_codes_are_as_long_as_asked_and_do_not_repeat() -> None:
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert all(len(code) == 10 and set(code) <= set(ALPHABET) for code in codes)
    assert len(new_code(22)) == 22
