"""Who is at the other end of the wire, without keeping the address."""

from ipaddress import IPv6Address, ip_address

from portal.vault import keyed_hash

LOOPBACK = "127.0.0.1"


def client_of(address: str | None) -> str:
    """The keyed hash under which limits count an address.

    An IPv6 address counts with its whole /64, which is what one household gets.
    """
    try:
        ip = ip_address(address or LOOPBACK)
    except ValueError:
        return keyed_hash("client", "unknown")
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or (ip if ip.is_loopback else IPv6Address(int(ip) >> 64 << 64))
    if ip.is_loopback:  # Streamlit tells pages nothing else about it
        ip = ip_address(LOOPBACK)
    return keyed_hash("client", str(ip))
