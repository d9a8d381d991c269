"""A real browser against a live server. A page that logs an error, asks for something missing or scrolls sideways fails its test."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, sync_playwright

# Playwright runs an event loop in this thread, which makes Django refuse the fixtures' own database calls otherwise.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
FLAGS += ("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage")
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/e2e/" in item.path.as_posix():
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("KEQIAO_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        pytest.skip("no chromium on this machine: apt install chromium, or set KEQIAO_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(params=["wide", "narrow"])
def page(request: pytest.FixtureRequest, browser: Browser, live_server: Any) -> Iterator[Page]:
    """A fresh visitor's page, once on a desk and once on a phone; faults it shows are asserted at the end."""
    viewport = WIDE if request.param == "wide" else NARROW
    context = browser.new_context(
        base_url=live_server.url, viewport=viewport, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    faults: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            faults.append(f"console: {message.text}")

    def on_response(response: Response) -> None:
        if response.status >= 400 and not response.url.endswith("/favicon.ico"):
            faults.append(f"HTTP {response.status}: {response.url}")

    def on_failure(request: Request) -> None:
        if "ERR_ABORTED" not in str(request.failure):  # given up because the visitor went on to the next page
            faults.append(f"failed: {request.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on("response", on_response)
    page.on("requestfailed", on_failure)
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def sign_in(people: Any) -> Callable[[Page, str], None]:
    """`sign_in(page, "officer")` goes through the sign-in page like a person."""

    def go(page: Page, username: str) -> None:
        page.goto("/accounts/login/")
        page.fill("input[name=login]", username)
        page.fill("input[name=password]", "a-long-test-password")
        page.locator("form[action*=login] button").first.click()
        page.wait_for_url(lambda url: "/login" not in url)

    return go


@pytest.fixture
def fits() -> Callable[[Page], bool]:
    """Whether a page is no wider than its window."""
    return lambda page: bool(
        page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1")
    )
