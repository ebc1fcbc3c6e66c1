"""How a process is, looked at from inside: checks that each come to a finding.

What knows the database, the blob store or leases is imported from its own module.
"""

from services.kit.diagnosis.examination import Check, Diagnosis, examine
from services.kit.diagnosis.finding import Finding, Mark, Section, bad, ok, warn
from services.kit.diagnosis.report import Report

__all__ = [
    "Check",
    "Diagnosis",
    "Finding",
    "Mark",
    "Report",
    "Section",
    "bad",
    "examine",
    "ok",
    "warn",
]
