"""`GET /v1/models`: the catalogue, in OpenAI's shape with what it has no word for."""

from fastapi import APIRouter
from pydantic import BaseModel

from services.contracts import ModelEntry, TaskKind
from services.contracts.catalogue import Range
from services.gateway.api.auth import Reader
from services.gateway.api.context import Gateway, Here
from services.gateway.api.documented import KEY, OPENAI
from services.kit.http import ApiError, Code
from services.kit.http.documented import answers

__all__ = ["Model", "ModelList", "router"]

router = APIRouter(prefix="/v1/models", tags=["models"])


class Model(BaseModel):
    """One model. `price` is in units of quota for one image; `sizes` has the default first."""

    id: str
    object: str = "model"
    created: int
    owned_by: str = "heatsink"
    title: str
    tasks: list[TaskKind]
    sizes: list[str]
    steps: Range
    guidance: Range
    max_images: int
    price: int
    pool: str
    licence: str


class ModelList(BaseModel):
    object: str = "list"
    data: list[Model]


@router.get(
    "",
    operation_id="listModels",
    summary="List the models, the default first",
    responses=answers(*KEY, form=OPENAI),
)
async def list_models(here: Here, caller: Reader) -> ModelList:
    del caller
    return ModelList(data=[_model(here, entry) for entry in here.catalogue.models])


@router.get(
    "/{id}",
    operation_id="getModel",
    summary="Look at a model",
    responses=answers(*KEY, Code.MODEL_NOT_FOUND, form=OPENAI),
)
async def get_model(here: Here, caller: Reader, id: str) -> Model:
    del caller
    entry = here.catalogue.find(id)
    if entry is None:
        raise ApiError(Code.MODEL_NOT_FOUND)
    return _model(here, entry)


def _model(here: Gateway, entry: ModelEntry) -> Model:
    return Model(
        id=entry.id,
        created=here.settings.models_created,
        title=entry.title,
        tasks=list(entry.tasks),
        sizes=[str(size) for size in entry.sizes],
        steps=entry.steps,
        guidance=entry.guidance,
        max_images=entry.max_images,
        price=entry.price,
        pool=entry.pool,
        licence=entry.licence,
    )
