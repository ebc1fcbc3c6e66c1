"""Signed links to a job's pictures, whole, as clients get them."""

from datetime import datetime
from typing import NamedTuple

from services.gateway.api.context import Gateway
from services.gateway.core.job import Job

__all__ = ["PictureLink", "picture_link"]


class PictureLink(NamedTuple):
    url: str
    expires_at: datetime


def picture_link(here: Gateway, job: Job, index: int) -> PictureLink:
    expires_at = here.clock.now() + here.settings.link_life
    link = here.links.sign(job.id, index, job.spec.format, expires_at)
    return PictureLink(f"{here.settings.public_url}{link.path}", link.expires_at)
