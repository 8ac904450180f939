"""What the pages in Markdown name is there, and what they have to name is in them."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands

NOT_OURS = {".venv", ".git", "var", "node_modules"}
PAGES = [
    path
    for path in sorted(settings.BASE_DIR.rglob("*.md"))
    if not NOT_OURS & {*path.relative_to(settings.BASE_DIR).parts}
]
OURS = [app for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR]


def text_of(*names):
    return "\n".join((settings.BASE_DIR / name).read_text(encoding="utf-8") for name in names)


def anchors_of(page):
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(settings.BASE_DIR)))
def test_every_link_within_the_repository_leads_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text)
    missing = []
    for link in (either or other for either, other in links):
        path, _hash, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if re.match(r"[a-z]+:", link):
            continue
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            missing.append(link)
    assert missing == []


def test_every_model_is_named_in_the_page_of_the_model():
    names = {model.__name__ for app in OURS for model in app.get_models()}
    # where SQLite keeps which Change is under way: told with the history
    names.discard("OpenChange")
    assert {name for name in names if not re.search(rf"\b{name}\b", text_of("docs/model.md"))} == set()


def test_every_command_of_ours_is_told_in_the_page_for_operators():
    commands = {name for name, app in get_commands().items() if app in {each.name for each in OURS}}
    assert {"demo", "create_api_token"} <= commands
    assert {
        name for name in commands if not re.search(rf"`{name}\b", text_of("docs/operations.md", "README.md"))
    } == set()


def test_every_picture_is_shown_somewhere():
    shown = {name for page in PAGES for name in re.findall(r"images/([\w.-]+)", page.read_text(encoding="utf-8"))}
    assert {path.name for path in (settings.BASE_DIR / "docs" / "images").iterdir()} == shown
