"""The one table of error codes over HTTP: what each means, and with which status it is answered."""

from enum import StrEnum
from typing import Self

__all__ = ["Code"]


class Code(StrEnum):
    """A stable word for one kind of refusal, with its HTTP status and a summary for people.

    Clients switch on the word: a code is never renamed, and never answered with another status.
    """

    status: int
    summary: str

    def __new__(cls, code: str, status: int, summary: str) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.status = status
        member.summary = summary
        return member

    @classmethod
    def named(cls, word: str) -> "Code":
        """The code of this word. Raises KeyError when the table has no such word."""
        return cls[word.upper()]

    # Transport and body
    BAD_REQUEST = "bad_request", 400, "The request can't be understood"
    INVALID_JSON = "invalid_json", 400, "The body is no valid JSON"
    INVALID_ENCODING = "invalid_encoding", 400, "The text is no valid UTF-8"
    INVALID_FORM = "invalid_form", 400, "The form can't be read"
    INVALID_CURSOR = "invalid_cursor", 400, "The cursor is broken or belongs to another list"
    NOT_FOUND = "not_found", 404, "There is nothing here"
    METHOD_NOT_ALLOWED = "method_not_allowed", 405, "This address does not take that method"
    NOT_ACCEPTABLE = "not_acceptable", 406, "There is no answer in a form that you accept"
    BODY_TIMEOUT = "body_timeout", 408, "The body took too long to arrive"
    BODY_TOO_LARGE = "body_too_large", 413, "The body is too large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type", 415, "The body has the wrong type"
    UNSUPPORTED_CONTENT_ENCODING = (
        "unsupported_content_encoding",
        415,
        "Send the body uncompressed",
    )
    HEADERS_TOO_LARGE = "headers_too_large", 431, "The headers are too large"

    # Fields
    INVALID_CHARACTER = "invalid_character", 422, "A text holds a character that is not allowed"
    UNKNOWN_FIELD = "unknown_field", 422, "There is no such field"
    MISSING_FIELD = "missing_field", 422, "A field is missing"
    INVALID_TYPE = "invalid_type", 422, "A field has the wrong type"
    INVALID_VALUE = "invalid_value", 422, "A field has a value that is not allowed"
    OUT_OF_RANGE = "out_of_range", 422, "A figure is outside its range"
    TOO_LONG = "too_long", 422, "A field is too long"
    PROMPT_EMPTY = "prompt_empty", 422, "The prompt says nothing"
    PROMPT_TOO_LONG = "prompt_too_long", 422, "The prompt is too long"
    INVALID_SIZE = "invalid_size", 422, "The model does not draw in that size"

    # Identity
    AMBIGUOUS_CREDENTIALS = "ambiguous_credentials", 400, "Send one set of credentials"
    CREDENTIALS_IN_URL = "credentials_in_url", 400, "Credentials do not belong in an address"
    AUTHENTICATION_REQUIRED = "authentication_required", 401, "Say who you are"
    INVALID_API_KEY = "invalid_api_key", 401, "The API key is not valid"
    API_KEY_REVOKED = "api_key_revoked", 401, "The API key was revoked"
    API_KEY_EXPIRED = "api_key_expired", 401, "The API key has expired"
    INVALID_TOKEN = "invalid_token", 401, "The token is not valid"
    TICKET_USED = "ticket_used", 401, "The ticket was used before"
    ACCOUNT_SUSPENDED = "account_suspended", 403, "The account is suspended"
    INSUFFICIENT_SCOPE = "insufficient_scope", 403, "The API key does not permit this"
    ORIGIN_NOT_ALLOWED = "origin_not_allowed", 403, "This origin may not connect"
    TOO_MANY_AUTH_FAILURES = "too_many_auth_failures", 429, "Too many failed attempts"
    TOO_MANY_CONNECTIONS = "too_many_connections", 429, "Too many open connections"
    TOO_MANY_REQUESTS = "too_many_requests", 429, "Too many requests"

    # Idempotency
    IDEMPOTENCY_KEY_REQUIRED = "idempotency_key_required", 400, "An Idempotency-Key is needed"
    INVALID_IDEMPOTENCY_KEY = "invalid_idempotency_key", 400, "The Idempotency-Key is not valid"
    IDEMPOTENCY_IN_PROGRESS = (
        "idempotency_in_progress",
        409,
        "The first request with this Idempotency-Key is still running",
    )
    IDEMPOTENCY_KEY_REUSED = (
        "idempotency_key_reused",
        422,
        "This Idempotency-Key was used for another request",
    )

    # Quota
    QUOTA_EXHAUSTED = "quota_exhausted", 429, "The plan's quota is used up"
    LOAD_SHED = "load_shed", 429, "The fleet is hot: limits are lower for now"
    CONCURRENCY_LIMIT = "concurrency_limit", 429, "Too many jobs at once"
    QUEUE_FULL = "queue_full", 429, "The queue is full"
    REQUEST_TOO_LARGE = "request_too_large", 429, "The plan never allows that much at once"
    UNKNOWN_PLAN = "unknown_plan", 403, "The account's plan is not known here"

    # Jobs, models and images
    INVALID_MODEL_ID = "invalid_model_id", 422, "That is no model id"
    MODEL_NOT_FOUND = "model_not_found", 404, "There is no such model"
    MODEL_DISABLED = "model_disabled", 409, "The model is switched off"
    JOB_ALREADY_TERMINAL = "job_already_terminal", 409, "The job has ended already"
    JOB_NOT_TERMINAL = "job_not_terminal", 409, "The job has no end yet"
    JOB_CANCELLED = "job_cancelled", 409, "The job was cancelled"
    CONTENT_REFUSED = "content_refused", 400, "The content policy refuses this"
    IMAGE_UNREADABLE = "image_unreadable", 422, "The image can't be read"
    IMAGE_TYPE_NOT_ALLOWED = "image_type_not_allowed", 415, "Send PNG, JPEG or WebP files"
    IMAGE_TOO_MANY_PIXELS = "image_too_many_pixels", 422, "The image has too many pixels"
    IMAGE_DIMENSIONS = "image_dimensions", 422, "The image is too narrow, or too small"
    IMAGE_ANIMATED = "image_animated", 422, "The image moves"
    IMAGE_DECODE_TIMEOUT = "image_decode_timeout", 422, "The image took too long to read"
    LINK_INVALID = "link_invalid", 403, "The link is not valid"
    LINK_EXPIRED = "link_expired", 410, "The link has expired"
    WEBHOOK_URL_SCHEME = "webhook_url_scheme", 422, "A webhook goes to https"
    WEBHOOK_URL_INVALID = "webhook_url_invalid", 422, "That is no address for a webhook"
    WEBHOOK_ADDRESS_NOT_PUBLIC = "webhook_address_not_public", 422, "It leads to no public address"
    WEBHOOK_PORT_NOT_ALLOWED = "webhook_port_not_allowed", 422, "That port is not allowed"
    WEBHOOK_NOT_VERIFIED = "webhook_not_verified", 422, "It did not answer the challenge"
    PUSH_ENDPOINT_NOT_ALLOWED = (
        "push_endpoint_not_allowed",
        422,
        "Pushes go to push services only",
    )
    PUSH_KEYS_INVALID = "push_keys_invalid", 422, "Those are no keys of a subscription"
    GONE = "gone", 410, "It was deleted"

    # Ours
    RENDER_FAILED = "render_failed", 500, "The image could not be drawn"
    INTERNAL_ERROR = "internal_error", 500, "Something went wrong on our side"
    UNAVAILABLE = "unavailable", 503, "A part of the service can't be reached"
    OVERLOADED = "overloaded", 503, "Too much is going on at once"
    STORAGE_UNAVAILABLE = "storage_unavailable", 503, "The database can't be reached"
    EVENT_BUS_UNAVAILABLE = "event_bus_unavailable", 503, "The event bus can't be reached"
    ADMISSION_UNAVAILABLE = "admission_unavailable", 503, "Admission takes too long"
    BLOB_STORE_UNAVAILABLE = "blob_store_unavailable", 503, "The image store can't be reached"
    RENDER_TIMEOUT = "render_timeout", 504, "The image is not ready yet"
