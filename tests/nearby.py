"""HTTP to servers on this machine.

httpx reads the certificates of the whole world for each request, which takes a tenth of a second. None is
needed here, so none is read.
"""

import ssl
from functools import partial

import httpx

_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

_PATIENCE_SECONDS = 60

get = partial(httpx.get, verify=_NO_CERTIFICATES, timeout=_PATIENCE_SECONDS)
head = partial(httpx.head, verify=_NO_CERTIFICATES, timeout=_PATIENCE_SECONDS)
put = partial(httpx.put, verify=_NO_CERTIFICATES, timeout=_PATIENCE_SECONDS)
