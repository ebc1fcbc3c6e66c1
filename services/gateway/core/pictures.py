"""Which stored pictures are somebody's: those that an ended job names, and those of open jobs."""

from services.contracts import JobId
from services.gateway.core.job import Job

__all__ = ["PICTURES", "folder_of", "is_nobodys", "job_of"]

PICTURES = "images"
"""Where render stores pictures: `images/<job>/<attempt>-<index>.png`.

Previews lie there too, `<attempt>-preview-<step>.webp`; no ended job names them.
"""


def folder_of(job: JobId) -> str:
    return f"{PICTURES}/{job}"


def job_of(key: str) -> JobId | None:
    """The job that a picture was drawn for; none where the key is no picture's."""
    _, _, rest = key.partition("/")
    try:
        return JobId(rest.partition("/")[0])
    except ValueError:
        return None


def is_nobodys(key: str, job: Job | None) -> bool:
    """Whether no job has this picture, nor may get it: an open job may yet name any of its own."""
    if job is None:
        return True
    return job.status.is_end and key not in {image.blob for image in job.images}
