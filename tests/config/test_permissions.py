"""The permission matrix: everybody by every method at every route, as `tests.permissions` has it.

Who may not is asked by every method; of those who may, the least, for groups hold all that those below them hold.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import RegexPattern
from django.utils import timezone
from knox.models import AuthToken

from config.probes import PROBES as PROBES_THERE
from core.models import Change, Record, Version
from core.rest.references import key_of
from exchange.models import Import
from tests.factories import MAKERS, make_body, make_whole_park
from tests.people import logged_in, make_person
from tests.permissions import (
    ADMIN_ACTIONS,
    ANYBODY,
    AREAS,
    EDITOR,
    METHODS,
    NOBODY,
    OUTSIDER,
    PROBES,
    RANKS,
    READER,
    READING,
    STEWARD,
    SUPERUSER,
    line_of,
    lines,
)

MAY, LOG_IN, FORBIDDEN, NO_METHOD = "may", "is told to log in", "is forbidden", "no such method"
# What stands for nobody, though it is sent like a key.
FALSE_TOKENS = ("expired token", "wrong token", "token of somebody who left")
DRF = ("api", "ogc")
SESSIONS = ("session without CSRF", "session of somebody who left")


@dataclass(frozen=True)
class Route:
    area: str
    name: str | None
    pattern: str
    view: object

    @property
    def is_suffixed(self) -> bool:
        """Whether it is another with the suffix of a format, `/api/v1/parks.csv`."""
        return "format>" in self.pattern


def routes() -> Iterator[Route]:
    """Every route of the resolver; those of pages in one language."""

    def walk(patterns, before):
        for each in patterns:
            pattern = before + str(each.pattern)
            if hasattr(each, "url_patterns"):
                yield from walk(each.url_patterns, pattern)
            elif isinstance(each.pattern, RegexPattern) and not str(each.pattern):
                yield f"{pattern}nothing/is-here/", "nothing", each.callback
            else:
                yield pattern, each.name, each.callback

    for pattern, name, view in walk(get_resolver().url_patterns, ""):
        first = pattern.split("/")[0]
        area = {"en": "portal"}.get(first, first if first in AREAS else "beside")
        yield Route({"reconcile": "reconcile", "api/": "beside"}.get(pattern, area), name, pattern, view)


# --- The world ------------------------------------------------------------------------------------------------------


@dataclass
class World:
    """One record of every kind, and somebody of every rank."""

    people: dict[str, User]
    upload: Import

    def places(self, route: Route, who: str) -> list[tuple[str | None, str]]:
        """Where a route is found, with the keys of what there is and `who` may have; and the name in the table."""
        if route.area == "admin" and route.name == "export_changelist":
            kinds = [model._meta for model in admin.site._registry if issubclass(model, Record)]
            kinds = [(each.app_label, each.model_name) for each in kinds]
            return [(f"export_{app}_{model}", f"/admin/{app}/{model}/export.csv") for app, model in kinds]
        values = self._admin_keys(route, who) if route.area == "admin" else self._keys(route)

        def put(found):
            return str(values[found[1] or found[2]])

        if route.name == "autocomplete":
            return [(route.name, "/admin/autocomplete/?app_label=parks&model_name=remark&field_name=park")]
        path = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)|<(?:\w+:)?(\w+)>", put, route.pattern)
        return [(route.name, "/" + path.replace("^", "").replace("$", "").replace("\\Z", ""))]

    def _admin_keys(self, route, who):
        told = {"app_label": "parks", "url": "nothing-is-here", "content_type_id": 0, "state": "before"}
        told |= {"number": self.upload.pk, "id": self.people[OUTSIDER].pk, "object_id": "0"}
        for model in admin.site._registry:
            if f"admin/{model._meta.app_label}/{model._meta.model_name}/" in route.pattern:
                record = model._base_manager.order_by("pk").first() if model is not User else self.people[OUTSIDER]
                if model is AuthToken and who in self.people:
                    record = AuthToken.objects.filter(user=self.people[who]).first()
                last = Version.objects.filter(key=str(record.pk), model=model._meta.concrete_model._meta.label_lower)
                told |= {"object_id": record.pk, "change_id": getattr(last.first(), "change_id", 0)}
        return told

    def _keys(self, route):
        told = {"pk": self.upload.pk, "section": "parks", "collection": "parks", "id": "park:none"}
        model = getattr(getattr(getattr(route.view, "cls", None), "queryset", None), "model", None)
        if model is not None and issubclass(model, Record):
            key = key_of(model)
            record = route.view.cls.queryset.first()
            told[key] = getattr(record, key)
        if route.name == "change-rows":
            told["id"] = Change.objects.earliest("id").pk
        by_name = {"park": "parks.park", "division": "cities.division", "body": "cities.body"}
        by_name |= {"agreement": "agreements.agreement", "official": "agreements.official", "source": "sources.source"}
        for model in MAKERS:
            if by_name.get((route.name or "").removesuffix("-feed")) == model._meta.label_lower:
                told["key"] = getattr(model.objects.first(), key_of(model))
            if model._meta.label_lower == "parks.park":
                told["feature"] = model.objects.first().slug
        return told


@pytest.fixture
def world(db, settings, tmp_path) -> World:
    settings.IMPORT_FILES = str(tmp_path)
    settings.API_REQUESTS_PER_MINUTE = dict.fromkeys(settings.API_REQUESTS_PER_MINUTE, 10**9)
    make_whole_park()
    make_body()
    people = {
        rank: make_person(f"{rank}s" if rank in ("reader", "editor", "steward") else "", username=rank)
        for rank in RANKS[1:-1]
    }
    people[SUPERUSER] = User.objects.create_superuser(SUPERUSER)
    people["gone"] = make_person("stewards", username="gone")
    # one of an import whose file is no longer kept: whoever may apply it is told so
    upload = Import.objects.create(kind="parks", name="parks.csv", person=people["editor"], state="CHECKED")
    for person in people.values():
        AuthToken.objects.create(person)
    AccessAttempt.objects.create(username="somebody", ip_address="192.0.2.7", failures_since_start=1)
    return World(people, upload)


def client_of(who: str, world: World, *, by_token: bool) -> Client:
    """A client as `who` asks: a rank, or one of those that are not what they seem."""
    if who in FALSE_TOKENS:
        person = world.people["gone" if who == FALSE_TOKENS[2] else "steward"]
        kept, token = AuthToken.objects.create(person)
        if who == FALSE_TOKENS[0]:
            AuthToken.objects.filter(pk=kept.pk).update(expiry=timezone.now() - timedelta(seconds=1))
        User.objects.filter(username="gone").update(is_active=False)
        return Client(headers={"Authorization": f"Token {token[::-1] if who == FALSE_TOKENS[1] else token}"})
    if who in SESSIONS:
        client = Client(enforce_csrf_checks=True)
        client.force_login(world.people["steward" if who == SESSIONS[0] else "gone"])
        User.objects.filter(username="gone").update(is_active=False)
        return client
    if who == ANYBODY:
        return Client()
    if by_token:
        return Client(headers={"Authorization": f"Token {AuthToken.objects.create(world.people[who])[1]}"})
    client = Client()
    client.force_login(world.people[who])
    return client


# --- What is expected, and what comes -------------------------------------------------------------------------------


def expected(area: str, name: str | None, who: str, method: str) -> str:
    """What the table says of this."""
    line = line_of(area, name)
    if name == "nothing":
        return MAY
    rank = {SESSIONS[0]: STEWARD, **dict.fromkeys(FALSE_TOKENS, ANYBODY), SESSIONS[1]: ANYBODY}.get(who, who)
    is_drf = area in DRF
    if method not in line and (is_drf or area == "portal"):
        return NO_METHOD
    if who in SESSIONS and method not in (*READING, "TRACE"):
        if area in ("admin", "beside"):
            # before anything else is looked at
            return FORBIDDEN
        if is_drf and who == SESSIONS[0]:
            return FORBIDDEN
    is_led_to_login = area == "admin" and name != "login" and RANKS.index(rank) <= RANKS.index(OUTSIDER)
    if method not in line and not is_led_to_login:
        return NO_METHOD
    if is_led_to_login or (is_drf and who in FALSE_TOKENS):
        return LOG_IN
    needed = line[method]
    if needed != NOBODY and RANKS.index(rank) >= RANKS.index(needed):
        return MAY
    return LOG_IN if rank == ANYBODY else FORBIDDEN


def methods(area: str, name: str | None, who: str) -> Iterator[str]:
    """By which `who` is asked: all where they are refused, but where another of the same is."""
    line = line_of(area, name)
    if who in FALSE_TOKENS or who in SESSIONS:
        asked_by = ("POST", "DELETE") if who == SESSIONS[0] else ("GET", "POST")
        yield from (method for method in asked_by if method in line or area not in DRF)
        return
    for method in METHODS:
        # asked otherwise, a page of the admin is shown as by GET; who may see it, sees it
        is_same = area == "admin" and method in line and method not in ("GET", "POST")
        if expected(area, name, who, method) == MAY:
            if who == line[method] and not is_same:
                yield method
        elif method not in line:
            if who in (ANYBODY, READER, SUPERUSER):
                yield method
        elif who != OUTSIDER or not is_same:
            yield method


def outcome(response) -> str:
    led_to = response["Location"] if response.status_code == 302 else ""
    asked_at = response.wsgi_request.path
    if response.status_code == 401 or led_to.startswith("/admin/login/"):
        return LOG_IN
    if asked_at == "/admin/logout/" and led_to == "/admin/":
        return LOG_IN
    return {403: FORBIDDEN, 405: NO_METHOD}.get(response.status_code, MAY)


def state() -> tuple:
    """What any write to records, people or keys would change; that an expired token goes when it is used is none."""
    counted = (Change, Import, User, Group, User.groups.through, Group.permissions.through, AccessAttempt)
    newest = Version.objects.order_by("-id").values_list("id", flat=True).first()
    tokens = AuthToken.objects.filter(expiry__gt=timezone.now()).count()
    return newest, tokens, *(model.objects.count() for model in counted)


@pytest.fixture
def unrendered(monkeypatch):
    """Who may see a page is known before it is written out, which takes most of the time."""
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")


def differences(client: Client, world: World, area: str, who: str) -> list[str]:
    """Where the registry answers otherwise than the table says, and what failed."""
    told = []
    # what fails is told with the rest
    client.raise_request_exception = False
    cookies = {name: each.value for name, each in client.cookies.items()}
    for route in routes():
        if route.area != area or route.is_suffixed:
            continue
        for name, address in world.places(route, who):
            for method in methods(area, name, who):
                wanted = expected(area, name, who, method)
                with transaction.atomic():
                    response = client.generic(method, address)
                    if wanted == MAY:
                        # for the next as it was for this, who may have logged out
                        transaction.set_rollback(True)
                client.cookies = SimpleCookie(cookies)
                if response.status_code >= 500 or outcome(response) != wanted:
                    told.append(f"{who}: {method} {address} ({name}): {response.status_code}, {wanted}")
    return told


ASKERS = [
    (area, who)
    for area in AREAS
    for who in (*RANKS, *FALSE_TOKENS, *SESSIONS)
    # elsewhere tokens are not looked at; and beyond the API and the admin nobody has to be anybody
    if (area in DRF or who not in FALSE_TOKENS) and (area in ("api", "admin") or who not in RANKS[1:])
]


@pytest.mark.parametrize(("area", "who"), ASKERS)
def test_everybody_may_what_the_table_says_and_no_more(world, unrendered, area, who):
    client = client_of(who, world, by_token=area in DRF)
    before = state()
    told = differences(client, world, area, who)
    assert not told, "\n".join(["The registry answers otherwise than tests/permissions.py says:", *told])
    assert state() == before


def test_the_table_knows_every_route_and_none_that_is_gone(world):
    found, unknown = set(), []
    for route in routes():
        for name, _address in world.places(route, ANYBODY) if not route.is_suffixed else [(route.name, "")]:
            found.add((route.area, name))
            try:
                line_of(route.area, name)
            except LookupError as error:
                unknown.append(f"{error} ({route.pattern})")
    assert not unknown, "\n".join(unknown)
    assert lines() - found == set()


def test_a_route_that_the_table_does_not_know_is_told_with_what_to_add():
    new = (("api", "permit-list"), ("api", "park-permits"), ("admin", "parks_permit_add"), ("portal", "permits"))
    for area, name in new:
        told = (
            f"^Nothing says who may use the route '{name}' of {area}: say it in tests/permissions.py, {AREAS[area]}.$"
        )
        with pytest.raises(LookupError, match=told):
            line_of(area, name)


def test_a_route_with_the_suffix_of_a_format_has_the_view_of_the_one_without():
    views = {(route.name, route.view) for route in routes() if not route.is_suffixed}
    suffixed = [(route.name, route.view) for route in routes() if route.is_suffixed]
    assert suffixed
    assert [each for each in suffixed if each not in views] == []


def test_each_group_holds_all_that_those_below_it_hold(db):
    readers, editors, stewards = (
        set(Permission.objects.filter(group__name=name)) for name in ("readers", "editors", "stewards")
    )
    assert readers < editors < stewards


def test_probes_are_for_everybody_but_the_metrics_for_who_has_their_token(world, settings):
    settings.METRICS_TOKEN = "a token that only the scraper has"
    assert set(PROBES_THERE) == PROBES
    for client in (Client(), client_of(SUPERUSER, world, by_token=True), client_of(SUPERUSER, world, by_token=False)):
        for address in PROBES:
            may = LOG_IN if address == "/metrics" else MAY
            told = {method: outcome(client.generic(method, address)) for method in METHODS}
            assert told == dict.fromkeys(METHODS, NO_METHOD) | {"GET": may, "HEAD": may}


def test_a_token_opens_no_page_of_the_admin(world, unrendered):
    client = client_of(SUPERUSER, world, by_token=True)
    assert outcome(client.get("/admin/")) == LOG_IN


# --- Actions, and what belongs to another ---------------------------------------------------------------------------


@pytest.mark.parametrize("who", RANKS[2:])
def test_actions_are_offered_to_those_who_may(world, rf, who):
    request = rf.get("/admin/")
    request.user = world.people[who]
    for model, page in admin.site._registry.items():
        ranks = ADMIN_ACTIONS.get(f"{model._meta.app_label}_{model._meta.model_name}", {})
        may = {name for name, rank in ranks.items() if RANKS.index(who) >= RANKS.index(rank)}
        assert set(page.get_actions(request)) == may, model


@pytest.mark.parametrize("who", RANKS[:-1])
def test_an_action_that_is_not_offered_is_not_done(world, unrendered, who):
    client, before = client_of(who, world, by_token=False), state()
    for model in admin.site._registry:
        keys = [str(key) for key in model._base_manager.values_list("pk", flat=True)]
        for action in ("delete_selected", "delete"):
            asked = {"action": action, "_selected_action": keys, "post": "yes", "index": "0"}
            client.post(f"/admin/{model._meta.app_label}/{model._meta.model_name}/", asked)
    assert state() == before


def test_the_token_of_another_is_not_found_by_a_steward(world, unrendered):
    client, before = client_of(STEWARD, world, by_token=False), state()
    pages = [route for route in routes() if "admin/knox/authtoken/<path:object_id>/" in route.pattern and route.name]
    assert {route.name.rpartition("_")[2] for route in pages} == {"change", "delete", "history"}
    for route in pages:
        [(_name, own)] = world.places(route, STEWARD)
        assert client.get(own).status_code == 200
        for owner in (EDITOR, SUPERUSER):
            [(_name, address)] = world.places(route, owner)
            for method in METHODS:
                response = client.generic(method, address, b"post=yes", "application/x-www-form-urlencoded")
                # as if there were none
                assert (response.status_code, response.get("Location")) in ((302, "/admin/"), (403, None))
                assert response.status_code == 302 or method == "POST"
    assert state() == before


FILE = "code,name_en,name_zh,level,kind\nSG,Singapore,新加坡,NATION,STATE\n"


def test_the_import_of_another_is_applied_and_undone_by_who_may_write_its_rows(world):
    steward, editor, reader = (client_of(who, world, by_token=True) for who in (STEWARD, EDITOR, READER))
    sent = {"kind": "divisions", "file": SimpleUploadedFile("divisions.csv", FILE.encode())}
    address = steward.post("/api/v1/imports/", sent).json()["url"]
    number = Import.objects.latest("id").pk

    def tried(deed):
        """What became of it in the API and in the admin, for those who may not."""
        for client, person in ((editor, EDITOR), (reader, READER)):
            answer = client.post(f"{address}{deed}/", {}, "application/json")
            assert answer.status_code == 403, (person, answer.content)
            logged_in(world.people[person]).post(f"/admin/exchange/import/{number}/{deed}/", {"reason": "Because"})

    before = state()
    tried("apply")
    assert (Import.objects.get(pk=number).state, state()) == ("CHECKED", before)
    assert steward.post(f"{address}apply/", {}, "application/json").status_code == 200
    before = state()
    tried("undo")
    assert (Import.objects.get(pk=number).state, state()) == ("APPLIED", before)
    assert steward.post(f"{address}undo/", {}, "application/json").status_code == 200
