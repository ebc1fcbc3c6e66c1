"""The command that proves the ledger: what it found, for people or as JSON."""

import json
import sys
from dataclasses import asdict

from services.kit.clock import SystemClock
from services.kit.errors import KitError
from services.kit.plumbing import open_store
from services.quota.check import Proof, check
from services.quota.settings import QuotaSettings
from services.quota.wiring import NAME, accounts_to_read

__all__ = ["BROKEN", "SOUND", "UNAVAILABLE", "as_json_text", "as_text", "prove"]

SOUND = 0
BROKEN = 1
UNAVAILABLE = 69
"""EX_UNAVAILABLE of sysexits.h: the database did not answer, nothing is proved."""


async def prove(settings: QuotaSettings, *, as_json: bool) -> int:
    """Answers the exit status."""
    store, clock = open_store(settings, NAME), SystemClock()
    try:
        proof = await check(accounts_to_read(store, clock), clock)
    except KitError as error:
        sys.stderr.write(f"heatsink: the ledger can't be read: {error}\n")
        return UNAVAILABLE
    finally:
        store.close()
    sys.stdout.write(as_json_text(proof) if as_json else as_text(proof))
    return BROKEN if proof.findings else SOUND


def as_json_text(proof: Proof) -> str:
    return json.dumps(asdict(proof)) + "\n"


def as_text(proof: Proof) -> str:
    lines = [
        f"{finding.account} {finding.job or '-'}: not so: {finding.equation}; {finding.detail}"
        for finding in proof.findings
    ]
    accounts = "1 account" if proof.accounts == 1 else f"{proof.accounts} accounts"
    findings = "1 finding" if len(lines) == 1 else f"{len(lines)} findings"
    verdict = findings if lines else "every equation holds"
    return "\n".join([*lines, f"{accounts} checked: {verdict}"]) + "\n"
