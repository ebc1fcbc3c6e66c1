"""Certificates for a receiver of webhooks, good ones and bad ones."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

__all__ = ["Authority"]

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """Whoever trusts it takes the certificates that it signs."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    folder: Path

    @classmethod
    def new(cls, folder: Path) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        name = _named("an authority of the tests")
        made = (
            _certificate(name, name, key.public_key(), timedelta(0))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, SHA256())
        )
        return cls(key, made, folder)

    def trusting(self) -> ssl.SSLContext:
        """A client's context."""
        return ssl.create_default_context(
            cadata=self.certificate.public_bytes(Encoding.PEM).decode()
        )

    def serving(
        self, host: str, *, age: timedelta = timedelta(0), signed: bool = True
    ) -> ssl.SSLContext:
        """A server's context for a name; a certificate lasts a day, and not `signed` by itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = self.certificate.subject if signed else _named(host)
        made = (
            _certificate(_named(host), issuer, key.public_key(), age)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .sign(self.key if signed else key, SHA256())
        )
        path = self.folder / "server.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(private + made.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, age: timedelta
) -> x509.CertificateBuilder:
    begins = datetime.now(UTC) - age - timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + _DAY)
    )
