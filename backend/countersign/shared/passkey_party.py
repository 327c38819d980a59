"""For whom passkeys sign here: the relying party and the address of its pages."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from countersign.shared.env import environment
from countersign_verify.webauthn import Party

LOCAL = "localhost"


def passkey_party() -> Party | None:
    """Return for whom passkeys sign, or ``None`` where no host name is known that they could belong to.

    A passkey belongs to a domain, never to a numeric address. Where the platform is served on a loopback
    address, that is ``localhost``: the same platform, opened under its name. Outside of ``localhost``
    browsers ask for TLS.
    """
    base = urlsplit(environment().base_url)
    host = base.hostname or ""
    address = _address(host)
    if address:
        if not ip_address(host).is_loopback:
            return None
        host = LOCAL
    rp_id = environment().rp_id or host
    below = host == rp_id or host.endswith(f".{rp_id}")
    if not host or not below or (base.scheme != "https" and host != LOCAL):
        return None
    port = f":{base.port}" if base.port else ""
    return Party(rp_id=rp_id, origins=frozenset({f"{base.scheme}://{host}{port}"}))


def _address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
