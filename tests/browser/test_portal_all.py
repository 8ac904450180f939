"""One walk over every kind of page, at a desk and on a phone, in both languages: what must hold of each of them."""

import re
from html import unescape
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.db.models import Count
from django.test import Client
from django.urls import resolve

from agreements.models import Agreement, Official
from cities.models import Body
from core.rest.references import key_of
from portal.addresses import PAGES
from portal.urls import urlpatterns
from sources.models import Source

pytestmark = pytest.mark.browser

# Every page by the name of its address; of a record's, which one. A new page has its line here.
WALK = {
    "home": "",
    "parks": "parks/",
    "park": "parks/jiangyin-jingjiang/",
    "divisions": "divisions/",
    "division": "divisions/320281/",
    "body": lambda: f"bodies/{_richest(Body, 'comanagementrole_set')}/",
    "agreements": "agreements/",
    "agreement": lambda: f"agreements/{_richest(Agreement, 'clauses')}/",
    "official": lambda: f"officials/{_richest(Official, 'posts')}/",
    "sources": "sources/",
    "source": lambda: f"sources/{_richest(Source, 'citations')}/",
    "compare": "compare/?parks=jiangyin-jingjiang,suzhou-suqian",
    "network": "network/",
    "search": "search/?q=suzhou",
    "changes": "changes/",
    "about": "about/",
}
# Answers that are no pages.
DATA = {"suggest", "parks-map", "feed", "park-feed", "division-feed"}
# What is there instead of a page.
REFUSALS = ("parks/jiangyin-jingjang/", "nothing/here/", "parks/?colour=red")
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
# What the map alone needs.
OF_THE_MAP = re.compile("leaflet|basemap|/map/|/map.(js|css)")
TABS = 20

WATCH = """
window.shifted = 0;
new PerformanceObserver(list => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifted += each.value;
}).observe({type: "layout-shift", buffered: true});
"""
MEASURE = """() => ({
  heads: document.querySelectorAll("h1").length,
  head: document.querySelector("h1")?.innerText ?? "",
  title: document.title,
  language: document.documentElement.lang,
  wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
  shifted: window.shifted,
  taken: [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .map(each => [each.name, each.transferSize]),
  lost: [...document.querySelectorAll('a[href^="#"]')].map(each => each.getAttribute("href").slice(1))
    .filter(id => id && !document.getElementById(decodeURIComponent(id))),
})"""
# The facts that are seen: cells, values and headings.
FACTS = """() => [...document.querySelectorAll("main :is(td, dd, h1, h2, h3)")]
  .filter(each => each.checkVisibility() && !each.closest(".leaflet-container, [data-live]"))
  .map(each => each.innerText.replace(/\\s+/g, " ").trim()).filter(Boolean)"""
# Links in drawings too.
LINKS = """() => [...document.querySelectorAll('a[href]:not([href^="#"]):not([hreflang])')]
  .map(each => new URL(each.getAttribute("href"), document.baseURI).href)"""
# What the Tab key reaches, in order.
REACHED = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
  .filter(each => each.tabIndex >= 0 && !each.disabled && each.checkVisibility({visibilityProperty: true})
    && each.type !== "hidden" && !(each.type === "radio" && !each.checked))
  .map((each, place) => { each.dataset.place = place; return place; })"""
FOCUSED = """() => {
  const each = document.activeElement, style = getComputedStyle(each);
  return [Number(each.dataset.place ?? -1),
    (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none",
    each.outerHTML.slice(0, 120)];
}"""


def _richest(model, relation):
    """The key of the record that has the most of something."""
    return model.objects.annotate(many=Count(relation)).order_by("-many", "slug").first().slug


@pytest.fixture
def registry(transactional_db, live_server):
    """The shipped parks, as in the demo."""
    call_command("loaddata", "divisions", "jiangyin_jingjiang", "parks", verbosity=0)
    call_command("render_documents", verbosity=0)


def test_the_walk_passes_every_page():
    assert {each.name for each in urlpatterns} == {*WALK, *DATA}


def test_every_page_can_be_used_by_anyone_anywhere(registry, page, browser, live_server, screenshot):
    page.add_init_script(WATCH)
    network = page.context.new_cdp_session(page)
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    # A page of 404 is looked at like any other, and would else be told as an error.
    for each in REFUSALS:
        page.route(f"**/{each}", lambda route: route.fulfill(response=route.fetch(), status=200))
    walked = {name: path() if callable(path) else path for name, path in WALK.items()}
    walked |= {path: path for path in REFUSALS}
    wrong, titles, links, shown, figures = [], {}, set(), {}, []

    def hold(what, is_so, where):
        if not is_so:
            wrong.append(f"{where}: {what}")

    for name, path in walked.items():
        for language, tag in (("en", "en"), ("zh-hans", "zh-Hans")):
            for size in (DESK, PHONE):
                if path in REFUSALS and (size is DESK) != (language == "en"):
                    continue
                where = f"/{language}/{path} {size['width']}"
                page.set_viewport_size(size)
                page.emulate_media(color_scheme="light" if (size is DESK) == (language == "en") else "dark")
                page.goto(f"/{language}/{path}", wait_until="load")
                page.wait_for_timeout(150)
                told = page.evaluate(MEASURE)
                hold(f"{told['heads']} h1", told["heads"] == 1, where)
                hold(f"lang {told['language']}", told["language"] == tag, where)
                hold(f"{told['wider']} px too wide", told["wider"] <= 0, where)
                hold(f"moved by {told['shifted']:.4f}", told["shifted"] < 0.01, where)
                hold(f"links to no element: {told['lost'][:5]}", not told["lost"], where)
                taken = sum(size for address, size in told["taken"] if not OF_THE_MAP.search(address))
                hold(f"{taken} bytes", taken < 150_000, where)
                hold(f"first paint after {told['paint']:.0f} ms", told["paint"] < 6000, where)
                figures.append((taken, told["paint"], where))
                titles.setdefault((language, told["title"]), name)
                hold(f"the title of {titles[language, told['title']]}", titles[language, told["title"]] == name, where)
                if (size is DESK) == (language == "en"):
                    found = Axe().run(page).response["violations"]
                    hold([(each["id"], each["nodes"][0]["html"][:160]) for each in found], not found, where)
                if language == "en" and size is DESK:
                    if name in WALK:
                        # Of the parks that are shipped: for the README.
                        screenshot(f"portal-{name}")
                    links |= set(page.evaluate(LINKS))
                    shown[f"/en/{path}"] = page.evaluate(FACTS)
                    hold("the Tab key is lost", not (lost := _lost_by_tab(page)), f"{where} {lost}")
    _hold_links(hold, links, live_server.url)
    hold("lacks without scripts", not (lacking := _lacking_without_scripts(browser, live_server.url, shown)), lacking)
    hold("the first link does not skip the head", _skips(page), "/en/parks/")
    print(*(f"{taken:7d} B {paint:5.0f} ms {where}" for taken, paint, where in sorted(figures)[-8:]), sep="\n")
    print(*wrong, sep="\n")
    assert wrong == []


def _lost_by_tab(page) -> list:
    """Of the first elements that the Tab key should reach: those it does not, and those on which it is not seen."""
    expected = page.evaluate(REACHED)[:TABS]
    page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
    reached = []
    for _each in expected:
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    # Chromium stops at what can be scrolled as well.
    places = [place for place, _is_seen, _element in reached if place >= 0]
    return [each for each in reached if not each[1]] or (places if places != expected[: len(places)] else [])


def _hold_links(hold, links, site):
    """Every link within the site answers; of addresses that differ in what they ask for, one of a kind is asked."""
    client, asked = Client(), set()
    for link in sorted(links):
        parts = urlsplit(link)
        if not link.startswith(site) or parts.path.startswith(("/admin/", "/static/")):
            continue
        match = resolve(unquote(parts.path))
        page = f"portal:{match.url_name}"
        model = next((model for model, name in PAGES.items() if name == page), None)
        if model and not parts.query:
            hold("leads to no record", model.objects.filter(**{key_of(model): match.kwargs["key"]}).exists(), link)
            continue
        kind = match.route, tuple(sorted({name for name, _value in parse_qsl(parts.query)}))
        if kind not in asked:
            asked.add(kind)
            status = client.get(unescape(f"{parts.path}?{parts.query}" if parts.query else parts.path)).status_code
            hold(f"answers {status}", status in (200, 302), link)


def _lacking_without_scripts(browser, site, shown: dict[str, list[str]]) -> dict[str, list[str]]:
    """What each page shows with scripts alone."""
    with browser.new_context(base_url=site, viewport=DESK) as plain:
        bare, lacking = plain.new_page(), {}
        # They are not given, rather than turned off: then the page can still be asked what it shows.
        bare.route("**/*.js", lambda route: route.abort())
        for path, facts in shown.items():
            bare.goto(path)
            seen = set(bare.evaluate(FACTS))
            lacking[path] = [fact for fact in facts if fact not in seen]
    return {path: facts[:5] for path, facts in lacking.items() if facts}


def _skips(page) -> bool:
    """Whether the first link leads past the head."""
    page.goto("/en/parks/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    return page.evaluate("document.querySelector('main').contains(document.activeElement)")
