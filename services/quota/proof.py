"""The command that proves the ledger: what it found, for people or as JSON."""

import json
import sys
from dataclasses import asdict

from services.kit.clock import Clock
from services.kit.store import Store
from services.quota.check import Proof, check
from services.quota.wiring import accounts_to_read

__all__ = ["BROKEN", "SOUND", "as_json_text", "as_text", "prove"]

SOUND = 0
BROKEN = 1


async def prove(store: Store, clock: Clock, *, as_json: bool) -> int:
    """Answers the exit status."""
    proof = await check(accounts_to_read(store, clock), clock)
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
