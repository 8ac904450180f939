import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

PRODUCTION = {
    "REGISTRY_ENV": "production",
    "SECRET_KEY": "4f9Zq_1xLw7-tRk2mVb8sYc3dNh6gJp5aQe0uTi4oKz9yXf7B-n",
    "ALLOWED_HOSTS": "parks.example.org",
    "DATABASE_URL": "postgres://registry:word@db.example.org/registry",
}


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Python in the checkout with these variables and no others of the registry's."""
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "PYTHONUTF8": "1", **environment},
        capture_output=True,
        text=True,
    )


def read(*names: str, **environment: str) -> list:
    """The values of these settings under these variables."""
    code = (
        "import json, sys; from config import settings; print(json.dumps([getattr(settings, n) for n in sys.argv[1:]]))"
    )
    done = python("-c", code, *names, **environment)
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_production_settings_leave_nothing_for_the_deployment_check_to_say():
    done = python("manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert (done.stdout, done.stderr) == ("System check identified no issues (2 silenced).\n", "")


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"])
def test_production_demands(name):
    done = python("manage.py", "check", **{key: value for key, value in PRODUCTION.items() if key != name})
    assert done.returncode == 1
    assert f"ImproperlyConfigured: {name} is not set. Set it, for example to " in done.stderr


@pytest.mark.parametrize("name", PRODUCTION)
def test_an_empty_setting_is_refused(name):
    done = python("manage.py", "check", **PRODUCTION | {name: ""})
    assert done.returncode == 1
    assert f"ImproperlyConfigured: {name} is set but empty. " in done.stderr


def test_production_refuses_debug():
    done = python("manage.py", "check", **PRODUCTION, DEBUG="1")
    assert done.returncode == 1
    assert "ImproperlyConfigured: DEBUG shows settings and source to any visitor" in done.stderr


def test_without_any_environment_only_this_machine_is_served_and_debug_is_off():
    names = ["DEBUG", "PRODUCTION", "ALLOWED_HOSTS", "API_BROWSABLE"]
    assert read(*names) == [False, False, ["localhost", "127.0.0.1", "[::1]"], True]
    [database] = read("DATABASE")
    assert database["NAME"] == str(settings.BASE_DIR / "var" / "registry.sqlite3")


def test_production_serves_over_https_alone_and_json_alone():
    names = [
        "SECURE_SSL_REDIRECT",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "LANGUAGE_COOKIE_SECURE",
        "SECURE_HSTS_SECONDS",
        "API_BROWSABLE",
    ]
    assert read(*names, **PRODUCTION) == [True, True, True, True, 365 * 24 * 3600, False]


def test_a_header_of_a_proxy_counts_only_where_there_is_one():
    behind = "from config import settings; print(getattr(settings, 'SECURE_PROXY_SSL_HEADER', None))"
    assert python("-c", behind, **PRODUCTION).stdout == "None\n"
    assert python("-c", behind, **PRODUCTION, PROXIES="1").stdout == "('HTTP_X_FORWARDED_PROTO', 'https')\n"


def test_production_gathers_its_static_files(tmp_path):
    done = python("manage.py", "collectstatic", "--no-input", **PRODUCTION, STATIC_ROOT=str(tmp_path))
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "staticfiles.json").read_text())
    assert "unfold/css/styles.css" in manifest["paths"]


def test_the_wsgi_application_loads_with_production_settings(tmp_path):
    code = "from config.wsgi import application; print(type(application).__name__)"
    done = python("-c", code, **PRODUCTION, STATIC_ROOT=str(tmp_path))
    assert (done.stdout, done.stderr) == ("WSGIHandler\n", "")


@pytest.mark.django_db
def test_no_migration_is_missing(capsys):
    call_command("makemigrations", check_changes=True, dry_run=True)
    assert capsys.readouterr().out == "No changes detected\n"


def test_each_app_of_ours_has_its_place_in_the_order_of_imports():
    pyproject = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text())
    rules = pyproject["tool"]["importlinter"]
    [contract] = rules["contracts"]
    layered = [name.strip() for layer in contract["layers"] for name in layer.split("|")]
    ours = {app.name for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR}
    assert set(layered) == set(rules["root_packages"]) == ours


@pytest.mark.parametrize("path", ["/api/v1/parks/", "/api/schema/"])
def test_any_web_page_may_ask_to_read_the_api(client, path):
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    response = client.options(path, headers=asked)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_no_web_page_may_ask_to_read_the_admin(client):
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    assert "Access-Control-Allow-Origin" not in client.options("/admin/login/", headers=asked).headers


def test_every_variable_is_told_in_the_guide_and_no_other():
    names = ("config/settings.py", "config/sso/__init__.py", "deploy/gunicorn.conf.py")
    sources = (Path(settings.BASE_DIR) / name for name in names)
    read_there = {
        name
        for source in sources
        for name in re.findall(r'(?:env\.\w+|os\.environ\.get)\(\s*"(\w+)"', source.read_text())
    }
    # set by systemd, for nobody to set
    read_there -= {"RUNTIME_DIRECTORY"}
    guide = (Path(settings.BASE_DIR) / "docs" / "operations.md").read_text()
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", guide, re.MULTILINE)) == read_there


def test_pages_load_images_from_the_server_of_the_tiles_and_no_other():
    tiles = {"MAP_TILES": "https://tiles.example.org:8443/{z}/{x}/{y}.png", "MAP_TILES_ATTRIBUTION": "© somebody"}
    assert read("MAP_TILES_ORIGINS") == [[]]
    assert read("MAP_TILES_ORIGINS", **tiles) == [["https://tiles.example.org:8443"]]


@pytest.mark.parametrize(
    "given", [{"MAP_TILES": "https://tiles.example.org/{z}/{x}/{y}"}, {"MAP_TILES_ATTRIBUTION": "© somebody"}]
)
def test_tiles_and_their_maker_belong_together(given):
    done = python("manage.py", "check", **given)
    assert done.returncode == 1
    assert "ImproperlyConfigured: MAP_TILES and MAP_TILES_ATTRIBUTION belong together" in done.stderr


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (
            "postgres://registry@%2Fnowhere/registry",
            'database away: connection to server on socket "/nowhere/.s.PGSQL.5432" failed: No such file or directory.'
            " Look whether PostgreSQL runs and answers at DATABASE_URL. Connections are made anew by themselves.\n",
        ),
        (
            "sqlite://:memory:",
            "not migrated: no such table: knox_authtoken. The tables are not those of this code."
            " Run: manage.py migrate\n",
        ),
    ],
)
def test_command_that_the_database_fails_says_what_to_do(url, told):
    done = python(
        "manage.py", "shell", "-c", "from knox.models import AuthToken; AuthToken.objects.first()", DATABASE_URL=url
    )
    assert (done.returncode, done.stderr) == (1, told)


@pytest.mark.parametrize("name", ["WEB_CONCURRENCY", "WEB_THREADS"])
def test_gunicorn_does_not_start_with_none_that_answer(name):
    command = ("-m", "gunicorn", "--check-config", "--config", "deploy/gunicorn.conf.py", "config.wsgi")
    done = python(*command, **{name: "0"})
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith(f"ImproperlyConfigured: {name}: '0' is below 1. A good value: 4.")
