"""A certificate authority of one cluster, whose key is forgotten as soon as it has signed.

Whoever holds one of its two certificates is trusted by the other, and nobody else is: so nothing
can join later by any other way than a copy of ``cluster.json``.
"""

from datetime import UTC, datetime, timedelta

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VALID = timedelta(days=730)


class Credentials(msgspec.Struct, frozen=True):
    """One party's certificate, as PEM."""

    certificate: str
    key: str


class Authority(msgspec.Struct, frozen=True):
    """What was signed for one cluster."""

    certificate: str
    """The authority's own, as PEM, by which the others are verified."""
    coordinator: Credentials
    worker: Credentials
    """The same for all workers."""
    until: float
    """Seconds since 1970, UTC."""


def make_authority() -> Authority:
    """Make an authority, and sign what a cluster needs."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    name = _name("convscope cluster")
    own = (
        _builder(name, name, key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(
        certificate=_pem(own),
        coordinator=_signed("convscope coordinator", name, key, now),
        worker=_signed("convscope worker", name, key, now),
        until=(now + VALID).timestamp(),
    )


def _signed(
    subject: str, issuer: x509.Name, authority: ec.EllipticCurvePrivateKey, now: datetime
) -> Credentials:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_name(subject), issuer, key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(authority, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Credentials(_pem(certificate), secret.decode())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # clocks of machines differ
        .not_valid_after(now + VALID)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
