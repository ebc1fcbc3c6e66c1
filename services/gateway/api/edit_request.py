"""`POST /v1/images/edits`: OpenAI's parameters of an edit, each honoured or refused."""

from typing import Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from services.gateway.api.forms import Form
from services.gateway.api.image_request import ImageOptions, ImageRequest
from services.gateway.core.spec import LEAST_STRENGTH, STRENGTH, Wish
from services.kit.http.validation import from_validation

__all__ = ["EditOptions", "EditRequest", "edit_of"]

_FAITHFUL = 0.4
"""The strength of an edit with a high fidelity to its photo."""


class EditOptions(ImageOptions):
    strength: float | None = Field(
        None,
        description=f"How far from the photo the picture may go, {LEAST_STRENGTH} to 1 "
        f"({STRENGTH}); that share of the steps is taken.",
    )


def _with_files(schema: dict[str, Any]) -> None:
    """The files of the form are read beside its fields, and documented among them."""
    file = {"type": "string", "format": "binary"}
    schema["properties"] |= {
        "image": {**file, "description": "A PNG, JPEG or WebP file; `image[]` is read as well."},
        "mask": {**file, "description": "Of the same size, transparent where to paint anew."},
    }
    schema["required"] = [*schema["required"], "image"]


class EditRequest(ImageRequest):
    """The fields of the form; `image` and `mask` are files beside them."""

    model_config = ConfigDict(json_schema_extra=_with_files)

    input_fidelity: Literal["high", "low"] | None = Field(
        None, description=f"`high`: a strength of {_FAITHFUL}. `heatsink[strength]` wins."
    )
    heatsink: EditOptions | None = Field(None, description="Our own parameters.")

    @property
    def edit_wish(self) -> Wish:
        strength = self.heatsink.strength if self.heatsink else None
        if strength is None and self.input_fidelity == "high":
            strength = _FAITHFUL
        return self.wish_with(strength=strength)


def edit_of(form: Form) -> EditRequest:
    """The form's fields, each read as its type. Raises ApiError."""
    try:
        return EditRequest.model_validate(form.fields, strict=False)
    except ValidationError as error:
        raise from_validation(error.errors(include_url=False)) from error
