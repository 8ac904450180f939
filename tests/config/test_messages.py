"""Every text that the code shows to people has its place in the catalogue."""

import ast
import re
from pathlib import Path

import polib
from django.apps import apps
from django.conf import settings
from django.utils.translation.template import templatize

# our own apps stand in the checkout
FOLDERS = [Path(app.path) for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR]
WITH_CONTEXT = {"pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"}
MARKED = {"gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"} | WITH_CONTEXT


def sources(pattern):
    return [path for folder in FOLDERS for path in sorted(folder.rglob(pattern))]


def messages_of_code(path: Path) -> set:
    tree = ast.parse(path.read_text())
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and names.get(node.func.id) in MARKED:
            texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
            if texts:
                found.add(tuple(texts[:2]) if names[node.func.id] in WITH_CONTEXT else (None, texts[0]))
    return found


def messages_of_template(path: Path) -> set:
    code = templatize(path.read_text(), origin=str(path))
    texts = re.findall(r"gettext\(\s*u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")", code)
    return {(None, ast.literal_eval(text)) for text in texts}


def test_every_text_of_the_code_is_in_the_catalogue():
    """Run `django-admin makemessages`, translate what is new, and `make messages`."""
    catalogues = [
        polib.pofile(Path(folder) / "zh_Hans" / "LC_MESSAGES" / "django.po") for folder in settings.LOCALE_PATHS
    ]
    there = {(entry.msgctxt, entry.msgid) for catalogue in catalogues for entry in catalogue if not entry.obsolete}
    shown = set().union(*map(messages_of_code, sources("*.py")), *map(messages_of_template, sources("*.html")))
    assert shown
    assert sorted(map(str, shown - there)) == []
