import pytest

from services.kit.documents import Index


def test_a_sparse_index_of_several_fields_is_refused() -> None:
    with pytest.raises(ValueError, match="one field"):
        Index(("shelf", "place"), sparse=True)


def test_an_index_is_named_by_its_fields() -> None:
    assert Index(("-at", "borrower.name")).name == "at_borrower_name"
