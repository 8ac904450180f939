"""Chromium on a live server. Each test gets a page that allows no error and no request to another host."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

# no sandbox: Chromium refuses its own when it runs as root; the others keep it from calling home
FLAGS = [
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser(django_db_setup) -> Iterator[Browser]:
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not executable:
        pytest.fail("No Chromium here: run `make chromium`, or name one in CHROMIUM.")
    as_migrated = connection._test_serialized_contents
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, in which Django would refuse to query
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        # and has connections of its own there, which know what `as_migrated` needs only from the one before
        connection._test_serialized_contents = as_migrated
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def as_migrated(django_db_serialized_rollback) -> None:
    """What migrations wrote (the groups) is there again in each test, though the one before emptied the database."""


@pytest.fixture
def context(browser: Browser, live_server) -> Iterator[BrowserContext]:
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": 1440, "height": 900}, locale="en-GB", reduced_motion="reduce"
    )
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, live_server) -> Iterator[Page]:
    page = context.new_page()
    problems = []

    def note_error(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(f"{message.text} ({message.location['url']})")

    def note_other_host(request: Request) -> None:
        if not request.url.startswith((live_server.url, "data:", "blob:")):
            problems.append(f"Asked another host: {request.url}")

    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", note_error)
    page.on("request", note_other_host)
    yield page
    assert problems == []


@pytest.fixture
def log_in(context: BrowserContext, live_server) -> Callable[[User], None]:
    """Log the browser in as a user, without the form."""

    def log_in(user: User) -> None:
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])

    return log_in


@pytest.fixture
def screenshot(page: Page) -> Callable[[str], None]:
    """Keep the page as var/screenshots/NAME.png, where SCREENSHOTS=1 asks for it."""

    def screenshot(name: str, *, full_page: bool = False) -> None:
        if os.environ.get("SCREENSHOTS") == "1":
            folder = Path(settings.BASE_DIR) / "var" / "screenshots"
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"{name}.png", full_page=full_page)

    return screenshot


@pytest.fixture
def assert_anyone_can_use(page: Page) -> Callable[[], None]:
    """Assert that axe-core finds nothing in the page as it now is, and that it is no wider than the window."""

    def assert_anyone_can_use() -> None:
        # a map that is half drawn has names over one another
        page.wait_for_load_state("networkidle")
        found = Axe().run(page).response["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0

    return assert_anyone_can_use
