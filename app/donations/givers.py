"""Who tries to give, in names that cannot be read back: keyed hashes, which live for two days in Valkey."""

import hashlib
import hmac
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

# Mailboxes there cost their owner something, so each counts for itself. Elsewhere a domain counts as a whole.
LARGE = frozenset(
    {
        "126.com",
        "139.com",
        "163.com",
        "aliyun.com",
        "aol.com",
        "btinternet.com",
        "comcast.net",
        "fastmail.com",
        "foxmail.com",
        "free.fr",
        "gmail.com",
        "gmx.at",
        "gmx.ch",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hey.com",
        "hotmail.co.uk",
        "hotmail.com",
        "hotmail.de",
        "hotmail.fr",
        "icloud.com",
        "laposte.net",
        "libero.it",
        "live.com",
        "mac.com",
        "mail.de",
        "mail.ru",
        "me.com",
        "msn.com",
        "naver.com",
        "orange.fr",
        "outlook.com",
        "outlook.de",
        "pm.me",
        "posteo.de",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "sina.com",
        "sohu.com",
        "t-online.de",
        "tutanota.com",
        "vip.qq.com",
        "web.de",
        "yahoo.co.in",
        "yahoo.co.jp",
        "yahoo.co.uk",
        "yahoo.com",
        "yahoo.de",
        "yahoo.fr",
        "yandex.ru",
        "yeah.net",
        "ziggo.nl",
    }
)
LONGEST_REGISTRY_PART = 3  # such as the "com" of example.com.cn


@dataclass(frozen=True, slots=True)
class Giver:
    """Somebody who wants to give: names of where from, with which cookie, on which form, by which mailbox."""

    address: str
    cookie: str
    form: str
    mailbox: str = ""
    domain: str = ""

    def record(self) -> dict[str, str]:
        """As plain values."""
        return {name: getattr(self, name) for name in self.__slots__}


def giver(secret: str, address: str, cookie: str, form: str, email: str) -> Giver:
    """The names of somebody at an IP address; `email` may be empty, or not an address at all."""
    name, _, domain = email.strip().lower().rpartition("@")
    return Giver(
        address=_named(secret, "address", network(address)),
        cookie=_named(secret, "cookie", cookie),
        form=_named(secret, "form", form),
        mailbox=_named(secret, "mailbox", mailbox(name, domain)) if name and domain else "",
        domain=_named(secret, "domain", owned_domain(domain)) if name and domain not in LARGE else "",
    )


def network(address: str) -> str:
    """What one customer has: an IPv4 address, or the /64 of an IPv6 one. Anything else is itself."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ip_network(f"{parsed}/64", strict=False))
    return str(parsed)


def mailbox(name: str, domain: str) -> str:
    """One name for all spellings of a mailbox: what follows a plus, and dots at Gmail, change nothing."""
    name = name.partition("+")[0]
    if domain in ("gmail.com", "googlemail.com"):
        return f"{name.replace('.', '')}@gmail.com"
    return f"{name}@{domain}"


def owned_domain(domain: str) -> str:
    """The part of a domain that somebody has registered, as far as its shape tells."""
    parts = domain.split(".")
    kept = 3 if len(parts) > 2 and len(parts[-2]) <= LONGEST_REGISTRY_PART else 2
    return ".".join(parts[-kept:])


def _named(secret: str, kind: str, value: str) -> str:
    return hmac.new(secret.encode(), f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()[:20]
