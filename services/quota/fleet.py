"""The fleet's load as quota trusts it: a controller that was deposed is not heard any more."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from services.contracts.events import LoadReported

__all__ = ["Fleet"]


class Fleet(Mapping[str, LoadReported]):
    """The newest report of each pool by the controller of the highest fence.

    Which is newer within one fence its own clock says. A lower fence is heard again only once the
    higher one has been silent for `silence`: then the count of leases was begun anew.
    """

    def __init__(self, silence: timedelta) -> None:
        self._silence = silence
        self._reports: dict[str, LoadReported] = {}

    def hear(self, pool: str, report: LoadReported | None) -> None:
        """To be told of each change of the table `load`."""
        held = self._reports.get(pool)
        if report and (held is None or self._supersedes(report, held)):
            self._reports[pool] = report

    def _supersedes(self, report: LoadReported, held: LoadReported) -> bool:
        if report.fence == held.fence:
            return report.at >= held.at
        return report.fence > held.fence or report.at - held.at > self._silence

    def __getitem__(self, pool: str) -> LoadReported:
        return self._reports[pool]

    def __iter__(self) -> Iterator[str]:
        return iter(self._reports)

    def __len__(self) -> int:
        return len(self._reports)
