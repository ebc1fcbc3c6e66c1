"""A browser is told of a picture though its page sleeps: docs/push.md's page, in Chromium.

The browsers' own push services are out of reach here. A push service of the test's own takes the
push, the test decrypts it, and hands Chromium the plain text as its push service would have.
"""

import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from playwright.async_api import CDPSession, Page, async_playwright

from services.cli.up import System
from tests.e2e.conftest import NewCustomer, until_notify_knows
from tests.e2e.push_site import PushSite, serving
from tests.e2e.test_push_page import block
from tests.unit.notify.browser import Browser, vapid_claims
from tests.waiting import eventually

_SUBSCRIBE = """
PushManager.prototype.subscribe = async (options) => {
  window.asked = options;
  return { toJSON: () => (%s) };
};
"""
_SHOWN = """
async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map((one) => ({ title: one.title, job: one.data.job }))
"""


def chromium() -> str:
    found = shutil.which("chromium")
    if found is None and "CI" not in os.environ:
        pytest.skip("there is no Chromium here (apt install chromium)")
    assert found, "CI has a Chromium"
    return found


@asynccontextmanager
async def opened(site: PushSite, browser: Browser) -> AsyncIterator[tuple[Page, CDPSession]]:
    """The page in Chromium, whose push service is the test's."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox"]
        )
        context = await running.new_context()
        await context.grant_permissions(["notifications"], origin=site.origin)
        page = await context.new_page()
        await page.add_init_script(_SUBSCRIBE % json.dumps(browser.subscription()))
        await page.goto(site.origin)
        yield page, await context.new_cdp_session(page)
        await running.close()


async def hand_over(devtools: CDPSession, site: PushSite, text: str) -> None:
    """As if Chromium's own push service had brought it."""
    told: list[dict[str, Any]] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated", lambda one: told.extend(one["registrations"])
    )
    await devtools.send("ServiceWorker.enable")
    await eventually(lambda: bool(told))
    push = {"origin": site.origin, "registrationId": told[0]["registrationId"], "data": text}
    await devtools.send("ServiceWorker.deliverPushMessage", push)


async def shown(page: Page) -> list[dict[str, str]]:
    """What the service worker shows, once it shows something."""
    await page.wait_for_function(f"({_SHOWN})().then((shown) => shown.length > 0)")
    found: list[dict[str, str]] = await page.evaluate(_SHOWN)
    return found


async def test_the_pages_browser_shows_that_a_picture_is_ready(
    system: System, customer: NewCustomer
) -> None:
    who = await customer("plus")
    await until_notify_knows(system, who.key)
    headers = {"authorization": f"Bearer {who.key}"}
    async with (
        httpx2.AsyncClient(base_url=system.events_url, headers=headers) as notify,
        serving(PushSite(notify, block("html"), block("js"))) as site,
    ):
        browser = Browser(site.endpoint)
        async with opened(site, browser) as (page, devtools):
            await page.click("#tell")
            await page.wait_for_function("document.title === 'subscribed'")
            job = await who.api.post("/v1/jobs", {"prompt": "a red fox", "steps": 1})
            await eventually(lambda: bool(site.got), within=60)
            told = browser.opened(site.got[0].body)
            assert (told["type"], told["data"]["job"]) == ("job.completed", job["id"])
            signed = site.got[0].headers["authorization"]
            assert vapid_claims(signed, f"http://127.0.0.1:{site.port}")
            assert signed.endswith(await page.evaluate("window.asked.applicationServerKey"))
            await hand_over(devtools, site, json.dumps(told))
            assert await shown(page) == [{"title": "Your picture is ready", "job": job["id"]}]
