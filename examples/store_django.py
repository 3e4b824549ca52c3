"""
A store backend in Django: views on threads, one gate for the process, an answer within the view's own time.

Run it in a checkout: python -m examples.store_django
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from icpgate import App, Gate, InvalidApp

if TYPE_CHECKING:
    from django.http import HttpResponse

if not settings.configured:  # a project has its own settings module, with REGISTRY in it
    settings.configure(
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="only-for-this-example",  # noqa: S106 -- no session is ever signed with it
        REGISTRY=os.environ.get("REGISTRY", "https://registry.example.cn"),
    )
    django.setup()


@cache
def gate() -> Gate:
    """
    The gate of this process, made when it is first needed: after the server has forked its workers.

    It may be shared by all threads. Several machines share answers through `cache="redis://…"`.
    """
    return Gate.for_listing(settings.REGISTRY, deadline=1.5)


@csrf_exempt
@require_POST
def submit(request: HttpRequest) -> HttpResponse:
    """List an app, refuse it with every reason, or keep it until somebody knows."""
    try:
        described = App.parse(json.loads(request.body))
    except InvalidApp as error:
        return JsonResponse({"defects": [str(defect) for defect in error.defects]}, status=422)
    decision = gate().check(described)
    if decision.undecided:
        return JsonResponse({"state": "waiting", "again_at": decision.recheck_at.isoformat()}, status=503)
    if decision.denied:
        return JsonResponse({"state": "refused", "codes": decision.codes, "text": decision.explain("zh-CN")})
    return JsonResponse({"state": "listed", "show": decision.display.text() if decision.display else None})


urlpatterns = [path("submissions", submit)]


def main() -> None:
    """Serve the examples' registrations on this machine, and submit apps from many threads through Django."""
    from django.test import Client  # noqa: PLC0415 -- the client of this demonstration

    from examples.local_registry import SUBMISSIONS, local_registry  # noqa: PLC0415 -- as above

    def post(submission: dict[str, Any]) -> HttpResponse:
        return Client().post("/submissions", submission, content_type="application/json")

    with local_registry() as url:
        settings.REGISTRY = url
        for submission in SUBMISSIONS:
            answer = post(submission)
            print(answer.status_code, json.loads(answer.content))
        with ThreadPoolExecutor(20) as threads:
            answers = list(threads.map(post, [SUBMISSIONS[0]] * 50))
        print(sum(json.loads(answer.content)["state"] == "listed" for answer in answers), "of 50 listed")
        gate().close()


if __name__ == "__main__":
    main()
