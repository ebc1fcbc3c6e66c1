"""Data files that operators write: plans, catalogues."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from services.kit.settings import first_problem, misconfigured

__all__ = ["load_yaml"]

M = TypeVar("M", bound=BaseModel)


def load_yaml(path: Path, model: type[M]) -> M:
    """The file as a model; one line on stderr and exit 78 when it can't be read as one."""
    try:
        return model.model_validate(yaml.load(path.read_bytes(), Loader=_StrictLoader))  # noqa: S506 - a SafeLoader beneath
    except OSError as error:
        misconfigured(f"{path}: can't be read: {error.strerror}")
    except yaml.YAMLError as error:
        misconfigured(f"{path}: {_syntax(error)}")
    except UnicodeDecodeError:
        misconfigured(f"{path}: is no text in UTF-8")
    except ValidationError as error:
        place, reason = first_problem(error)
        misconfigured(f"{path}: {'.'.join(str(part) for part in place) or 'content'}: {reason}")


class _StrictLoader(yaml.SafeLoader):
    """A key that stands twice is a mistake, not a correction."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key} stands there twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def _syntax(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return "is no YAML"
