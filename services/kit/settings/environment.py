"""Settings from the environment, read once at a process's start."""

import json
import os
import stat
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

from services.kit.settings.misconfigured import first_problem, misconfigured
from services.kit.settings.model import ServiceSettings

__all__ = ["read", "variables"]

S = TypeVar("S", bound=ServiceSettings)

_PREFIX = "HEATSINK_"
_FILE = "_FILE"
_SERVICES = ("gateway", "quota", "render", "notify", "cli", "up", "test")
_CLIENT = frozenset({"HEATSINK_URL", "HEATSINK_API_KEY"})
"""What the `heatsink` command reads for its user: a service started beside it lets them be."""


def read(settings: type[S], environ: Mapping[str, str] | None = None) -> S:
    """The settings in the environment; one line on stderr and exit 78 when they can't be right."""
    source = _Environment(settings, os.environ if environ is None else environ)
    try:
        source.check_names()
        return settings(**source())
    except ValidationError as error:
        place, reason = first_problem(error)
        misconfigured(source.explain(str(place[0]), reason) if place else reason)
    except _Refused as refused:
        misconfigured(str(refused))


def variables(settings: type[ServiceSettings]) -> dict[str, str]:
    """The variable of each field, by the field's name."""
    own = f"{_PREFIX}{settings.service.upper()}_" if settings.service else _PREFIX
    common = ServiceSettings.model_fields
    return {
        name: (_PREFIX if name in common else own) + name.upper() for name in settings.model_fields
    }


class _Refused(Exception):
    pass


class _Environment(PydanticBaseSettingsSource):
    def __init__(self, settings: type[ServiceSettings], environ: Mapping[str, str]) -> None:
        super().__init__(settings)
        self._settings = settings
        self._environ = environ
        self._names = variables(settings)

    def __call__(self) -> dict[str, Any]:
        found = {}
        for name, field in self._settings.model_fields.items():
            value, _, is_complex = self.get_field_value(field, name)
            if value is not None:
                found[name] = self._parts(name, value) if is_complex else value
        return found

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        variable = self._names[field_name]
        value = self._environ.get(variable) or None
        if value is None and _is_secret(field.annotation):
            value = self._from_file(variable)
        return value, field_name, self.field_is_complex(field)

    def check_names(self) -> None:
        """Raises _Refused at the first variable of ours that nobody reads."""
        known = self._known()
        for variable in sorted(self._environ):
            if variable.startswith(_PREFIX) and variable not in known and self._is_ours(variable):
                near = get_close_matches(variable, known, n=1)
                hint = f"; did you mean {near[0]}?" if near else "; remove it"
                raise _Refused(f"{variable} is not a setting{hint}")

    def explain(self, field_name: str, reason: str) -> str:
        field = self._settings.model_fields.get(field_name)
        variable = self._names.get(field_name, field_name)
        expected = field.description if field else None
        return f"{variable}: {reason}; expected: {expected}"

    def _known(self) -> set[str]:
        """Fields of every settings class that this process has loaded: roles share a prefix."""
        names = {
            variable: family.model_fields[name]
            for family in _family(ServiceSettings)
            for name, variable in variables(family).items()
        }
        files = {f"{name}{_FILE}" for name, field in names.items() if _is_secret(field.annotation)}
        return {*names, *files, *_CLIENT}

    def _is_ours(self, variable: str) -> bool:
        """In the common space or in this service's own: the longest prefix decides whose it is."""
        services = {*_SERVICES, *(family.service for family in _family(ServiceSettings))} - {""}
        owners = [name for name in services if variable.startswith(f"{_PREFIX}{name.upper()}_")]
        return max(owners, key=len, default="") in {self._settings.service, ""}

    def _from_file(self, variable: str) -> str | None:
        named = self._environ.get(f"{variable}{_FILE}")
        if not named:
            return None
        path = Path(named)
        try:
            if path.stat().st_mode & stat.S_IROTH:
                raise _Refused(f"{variable}{_FILE}: the file can be read by everybody; chmod o-r")
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "is not text"
            raise _Refused(f"{variable}{_FILE}: the file can't be read: {reason}") from error

    def _parts(self, name: str, value: str) -> Any:
        if not value.startswith(("[", "{")):
            return [part.strip() for part in value.split(",")]
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise _Refused(self.explain(name, "is broken JSON")) from error


def _family(root: type[ServiceSettings]) -> Iterator[type[ServiceSettings]]:
    yield root
    for child in root.__subclasses__():
        yield from _family(child)


def _is_secret(annotation: Any) -> bool:
    if get_origin(annotation) in {Union, UnionType}:
        return any(_is_secret(part) for part in get_args(annotation))
    if hasattr(annotation, "__metadata__"):
        return _is_secret(get_args(annotation)[0])
    return annotation is SecretStr
