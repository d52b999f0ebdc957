"""Errors of the API as ``application/problem+json`` (RFC 9457), wherever they arise."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from notifications.wire import places

CONTENT_TYPE = "application/problem+json"

GetResponse = Callable[[HttpRequest], HttpResponse]


class Problem(Exception):
    """An error that the API answers with."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: dict[str, list[str]] | None = None,
        retry_after_s: int = 0,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.retry_after_s = retry_after_s

    def response(self) -> JsonResponse:
        return response(self.status, self.detail, self.errors, self.retry_after_s)


def response(
    status: int,
    detail: str,
    errors: dict[str, list[str]] | None = None,
    retry_after_s: int = 0,
) -> JsonResponse:
    """A problem document.

    Args: errors: messages by the path of the field that they are about (``notifications.3``).
        retry_after_s: when to ask again; 0: nothing is said of that.
    """
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        document["errors"] = errors
    answer = JsonResponse(document, status=status, content_type=CONTENT_TYPE)
    if retry_after_s:
        answer.headers["Retry-After"] = str(retry_after_s)
    return answer


class ProblemMiddleware:
    """Turns the HTML error pages of Django (404, CSRF, 405, 500) below our API into problems."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if (
            answer.status_code < HTTPStatus.BAD_REQUEST
            or not places.is_of_api(request.path_info)
            or answer.headers.get("Content-Type") == CONTENT_TYPE
        ):
            return answer
        problem = response(answer.status_code, _detail(answer))
        if getattr(answer, "_has_been_logged", False):  # by Django, or in another way
            problem._has_been_logged = True  # type: ignore[attr-defined]
        for header in ("Allow", "Retry-After"):
            if header in answer.headers:
                problem.headers[header] = answer.headers[header]
        return problem


def _detail(answer: HttpResponse) -> str:
    # Plain text is what another middleware has to say to a program; HTML is for people.
    if answer.headers.get("Content-Type") == "text/plain":
        return answer.content.decode()
    return _DETAILS.get(answer.status_code, answer.reason_phrase)


_DETAILS: dict[int, str] = {
    HTTPStatus.FORBIDDEN: "The request was refused; one that writes with a session cookie needs "
    "the CSRF token in the header X-CSRFToken.",
    HTTPStatus.NOT_FOUND: "There is nothing here.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This method is not allowed here.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong on our side.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database does not answer; try again in a moment.",
}
