"""Public codes: what stands in addresses instead of database ids."""

import secrets

# No vowels (no accidental words) and no look-alikes (0/o, 1/l/i).
ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"


def new_code(length: int = 10) -> str:
    """A random code of `length` characters; 10 give 48 bits, 22 give 105 bits (a secret)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
