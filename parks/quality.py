"""What is wrong with what is recorded: what no constraint can hold, since it takes other rows, a map or a reader's eye.

An error is a thing to mend; a warning one to look at.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import CharField, Exists, F, OuterRef
from django.db.models.functions import Cast

from agreements.models import Agreement, AgreementLink, Official, Post, Signatory, Statement
from cities.models import Body, Division
from core.dates import PartialDate
from core.history import record_models
from core.models import Record
from core.text import folded
from parks.models import (
    BenefitShare,
    CoManagementRole,
    Event,
    Indicator,
    Industry,
    Observation,
    Park,
    ParkIndustry,
    ParkName,
    ParkSite,
)
from parks.shares import GROUP
from sources.evidence import unsupported, unsupported_in_part
from sources.models import Citation, CitedRecord, Source
from sources.serializers import kind_of, told_target

# A place is near so many county seats; one of them should be of its province.
NEAREST = 5
CHINESE = re.compile(r"[㐀-鿿豈-﫿]")
LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
WORD = re.compile(r"\w+")
# Letters of other scripts that look like Latin ones (UTS #39): Greek and Cyrillic.
LOOKALIKE = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff\u0400-\u052f\u1c80-\u1c8f\ua640-\ua69f]")
STRAY_SPACE = re.compile(r"^\s|\s$|\s\s|(?<=[㐀-鿿])\s(?=[㐀-鿿])")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: the record, told as the API tells it (`park:suxitong`), and what of it."""

    record: str
    told: str
    is_error: bool = True


def audit() -> Iterator[tuple[str, list[Fault]]]:
    """Each check by its name, with what it finds."""
    for check in CHECKS:
        yield check.__name__.replace("_", " "), list(check())


def values_are_valid() -> Iterator[Fault]:
    """Choices, lengths and characters: raw SQL and fixtures of other hands may have brought others."""
    for model in record_models():
        references = [field.name for field in model._meta.concrete_fields if field.related_model]
        for record in model._base_manager.iterator():
            try:
                record.clean_fields(exclude=references)
            except ValidationError as error:
                for field, messages in error.message_dict.items():
                    yield Fault(told_target(record), f"{field}: {' '.join(messages)}")


def coordinates_lie_in_the_province_of_the_host() -> Iterator[Fault]:
    """Told by the seats of counties, so not of Hong Kong, Macao and Taiwan, of whose parts none are recorded."""
    seats = _seats()
    told_of = {code[:2] for places in seats.values() for *_place, code in places}
    parks = Park.objects.filter(latitude__isnull=False).annotate(code=F("host__code"))
    sites = ParkSite.objects.filter(latitude__isnull=False).annotate(code=F("division__code"))
    for place in (*parks, *sites):
        near = _nearest(seats, float(place.latitude), float(place.longitude))
        if near and place.code[:2] in told_of - {code[:2] for code in near}:
            yield Fault(
                told_target(place), f"{place.latitude}, {place.longitude} does not lie in the province of {place.code}."
            )


def host_is_not_its_own_partner() -> Iterator[Fault]:
    """Unless the note says why, or a source states it well: a park of Suzhou, Wuxi and Nantong lies in Nantong.

    One that is stated by a weak source alone is to be looked at.
    """
    roles = CoManagementRole.objects.filter(function="PARTNER", division=F("park__host"), note="")
    stated = Citation.objects.supporting().filter(
        content_type=ContentType.objects.get_for_model(CoManagementRole), object_id=Cast(OuterRef("pk"), CharField())
    )
    well = stated.exclude(confidence=Citation.Confidence.LOW)
    for role in roles.filter(~Exists(well)).annotate(weakly=Exists(stated)).select_related("park"):
        told = f"{role.park.slug} lies in {role.division_id}, which is told as its partner too."
        yield Fault(told_target(role), told, is_error=not role.weakly)


def agreements_follow_in_order() -> Iterator[Fault]:
    """Links lead from later to earlier, and never round: forms and the API hold that, fixtures and SQL do not."""
    links = AgreementLink.objects.select_related("later", "earlier")
    for link in links:
        later, earlier = PartialDate(link.later.signed_on), PartialDate(link.earlier.signed_on)
        if later and earlier and later.latest < earlier.earliest:
            yield Fault(told_target(link), f"{link.later.slug} was signed before {link.earlier.slug}.")
    yield from _circles(
        {(link.later.slug, link.earlier.slug) for link in links}, "agreement", "the links of agreements"
    )


def parks_do_not_lead_back_to_themselves() -> Iterator[Fault]:
    for name in ("successor", "part_of"):
        pairs = Park.objects.filter(**{f"{name}__isnull": False}).values_list("slug", f"{name}__slug")
        yield from _circles(set(pairs), "park", f"`{name}`")


def dates_are_in_order() -> Iterator[Fault]:
    """A park does not close before what happens in it; a source does not report what had not happened yet."""
    for park in Park.objects.exclude(closed="").filter(status__in=("PROPOSED", "ACTIVE")):
        yield Fault(told_target(park), f"It closed in {park.closed} and is told as {park.get_status_display()}.")
    for park in Park.objects.filter(status="MERGED", successor=None):
        yield Fault(told_target(park), "It was merged, and `successor` does not say into what.", is_error=False)
    for model, name in ((Event, "date"), (CoManagementRole, "since"), (BenefitShare, "since"), (ParkIndustry, "since")):
        for fact in model.objects.exclude(**{name: ""}).exclude(park__closed="").select_related("park"):
            day, closed = PartialDate(getattr(fact, name)), PartialDate(fact.park.closed)
            if day.earliest > closed.latest:
                yield Fault(told_target(fact), f"{name}: {day} lies after {fact.park.slug} closed, in {closed}.")
    for figure in Observation.objects.exclude(park__closed="").select_related("park"):
        # whatever part of the year it is of
        if figure.period[:4] > figure.park.closed[:4]:
            yield Fault(told_target(figure), f"period: {figure.period} lies after {figure.park.slug} closed.")
    cited = Citation.objects.exclude(source__published_on="").exclude(stance="DISPUTES").select_related("source")
    events = Event.objects.exclude(date="").in_bulk()
    for citation in cited.filter(content_type__app_label="parks", content_type__model="event"):
        event, published = events.get(int(citation.object_id)), PartialDate(citation.source.published_on)
        if event and PartialDate(event.date).earliest > published.latest:
            told = f"{citation.source.slug}, published {published}, is cited for an event of {event.date}."
            yield Fault(told_target(event), told, is_error=False)


def percents_add_up() -> Iterator[Fault]:
    """Shares of one thing over one period do not exceed the whole; where the percent of each is told, they make it."""
    groups = defaultdict(list)
    for share in BenefitShare.objects.select_related("park"):
        groups[(share.park.slug, share.since, share.until, *(getattr(share, name) for name in GROUP))].append(share)
    for (park, *_rest), shares in groups.items():
        total = sum(share.percent or 0 for share in shares)
        if total > 100:
            yield Fault(told_target(shares[0]), f"The shares of {park} add up to {total} percent.")
        elif total < 100 and len(shares) > 1 and all(share.percent is not None for share in shares):
            yield Fault(told_target(shares[0]), f"Of {park}, {100 - total} percent are not told.", is_error=False)


def every_fact_is_cited() -> Iterator[Fault]:
    # Divisions are reference data: their fixture says where they come from.
    models = [each for each in record_models() if issubclass(each, CitedRecord) and each is not Division]
    for model in models:
        in_part = not model.belongs_to and model is not Body
        told = "A field of it rests on no source." if in_part else "It rests on no source."
        for record in unsupported_in_part(model) if in_part else unsupported(model):
            yield Fault(told_target(record), told)


def citations_speak_of_what_is_there() -> Iterator[Fault]:
    """Of a record that can be cited, and of a field that it has."""
    kinds = Citation.objects.order_by().values_list("content_type", flat=True).distinct()
    for content_type in ContentType.objects.filter(pk__in=kinds):
        model, citations = content_type.model_class(), Citation.objects.filter(content_type=content_type)
        if model is None or not issubclass(model, CitedRecord) or model._meta.proxy:
            for citation in citations:
                yield Fault(told_target(citation), f"Records of the kind {content_type.model} are not cited.")
            continue
        keys = {str(key) for key in model._base_manager.values_list("pk", flat=True)}
        fields = {"", *model.citable_fields()}
        for citation in citations:
            if citation.object_id not in keys:
                yield Fault(told_target(citation), f"There is no {kind_of(model)} {citation.object_id}.")
            if citation.field not in fields:
                yield Fault(told_target(citation), f"A {kind_of(model)} has no field {citation.field!r} to cite.")


def reprints_name_the_original() -> Iterator[Fault]:
    """Or copies of one text count as several voices."""
    for source in Source.objects.filter(reprint_of__reprint_of__isnull=False).select_related("reprint_of"):
        yield Fault(
            told_target(source), f"It is told as a reprint of {source.reprint_of.slug}, which is a reprint itself."
        )


def posts_are_the_officials_own() -> Iterator[Fault]:
    for model in (Signatory, Statement):
        for record in model.objects.exclude(post=None).exclude(post__official=F("official")).select_related("official"):
            yield Fault(told_target(record), f"The post is not one of {record.official.slug}.")


def every_source_is_used() -> Iterator[Fault]:
    used = Source.objects.filter(
        ~Exists(Citation.objects.filter(source=OuterRef("pk"))), statements=None, reprints=None
    )
    for source in used:
        yield Fault(told_target(source), "Nothing rests on it.")


def addresses_of_sources_are_well_formed() -> Iterator[Fault]:
    valid = URLValidator(["http", "https"])
    for source, name in product(Source.objects.all(), ("url", "archived_url")):
        address = getattr(source, name)
        try:
            if address:
                valid(address)
        except ValidationError:
            yield Fault(told_target(source), f"{name}: {address} is no address.")


def names_are_in_one_script() -> Iterator[Fault]:
    """A Chinese name has no Latin letters, an English one no Chinese, and neither has stray spaces."""
    for record, language, name in _names():
        if STRAY_SPACE.search(name):
            yield Fault(told_target(record), f"“{name}” has a stray space.")
        if language == "zh" and LATIN.search(name):
            yield Fault(told_target(record), f"“{name}” mixes Chinese and Latin letters.", is_error=False)
        if language != "zh" and CHINESE.search(name):
            yield Fault(told_target(record), f"“{name}” mixes Latin and Chinese letters.")


def words_are_in_letters_of_one_script() -> Iterator[Fault]:
    """No word has both Latin letters and those of Greek or Cyrillic that look like them: no search would find it."""
    for record, name in _names_and_titles():
        for word in WORD.findall(name):
            if LATIN.search(word) and (found := LOOKALIKE.search(word)):
                letter = f"{unicodedata.name(found[0], 'a letter')} (U+{ord(found[0]):04X})"
                yield Fault(told_target(record), f"“{word}” has {letter} among Latin letters.", is_error=False)


def no_two_parks_go_by_one_name() -> Iterator[Fault]:
    """Matched as the registry matches: whatever the dash, width, case or spaces."""
    parks = defaultdict(set)
    for record, _language, name in _names():
        if isinstance(record, Park | ParkName):
            parks[folded(name)].add(record.slug if isinstance(record, Park) else record.park.slug)
    for name, slugs in parks.items():
        if len(slugs) > 1:
            yield Fault(f"park:{min(slugs)}", f"“{name}” is a name of {', '.join(sorted(slugs))}.", is_error=False)


CHECKS: tuple[Callable[[], Iterator[Fault]], ...] = (
    values_are_valid,
    coordinates_lie_in_the_province_of_the_host,
    host_is_not_its_own_partner,
    agreements_follow_in_order,
    parks_do_not_lead_back_to_themselves,
    dates_are_in_order,
    percents_add_up,
    every_fact_is_cited,
    citations_speak_of_what_is_there,
    reprints_name_the_original,
    posts_are_the_officials_own,
    every_source_is_used,
    addresses_of_sources_are_well_formed,
    names_are_in_one_script,
    words_are_in_letters_of_one_script,
    no_two_parks_go_by_one_name,
)


def _names() -> Iterator[tuple[Record, str, str]]:
    for model in (Park, ParkSite, Body, Official, Industry, Indicator):
        for record in model.objects.all():
            yield record, "en", record.name_en
            yield record, "zh", record.name_zh
    for agreement in Agreement.objects.all():
        yield agreement, "en", agreement.title_en
        yield agreement, "zh", agreement.title_zh
    for name in ParkName.objects.select_related("park"):
        yield name, name.language.partition("-")[0] if name.language != "zh-Latn" else "en", name.name


def _names_and_titles() -> Iterator[tuple[Record, str]]:
    yield from ((record, name) for record, _language, name in _names())
    for model, *fields in (
        (Source, "title", "publisher"),
        (Division, "name_en", "name_zh", "pinyin"),
        (Post, "title_en", "title_zh"),
    ):
        for record in model.objects.iterator():
            yield from ((record, getattr(record, field)) for field in fields)


def _circles(pairs: set[tuple[str, str]], kind: str, told: str) -> Iterator[Fault]:
    """A fault for each key from which following `pairs` leads back to it."""
    onward = defaultdict(set)
    for one, other in pairs:
        onward[one].add(other)
    for start in sorted(onward):
        seen, reached = set(), set(onward[start])
        while reached - seen:
            seen |= reached
            reached = set().union(*(onward.get(each, set()) for each in reached))
        if start in seen:
            yield Fault(f"{kind}:{start}", f"Following {told} leads back to it.")


def _seats() -> dict[tuple[int, int], list[tuple[float, float, str]]]:
    """The places of all county-level divisions, by whole degree."""
    seats = defaultdict(list)
    for code, latitude, longitude in Division.objects.filter(level="COUNTY", latitude__isnull=False).values_list(
        "code", "latitude", "longitude"
    ):
        seats[(int(latitude), int(longitude))].append((float(latitude), float(longitude), code))
    return seats


def _nearest(seats, latitude: float, longitude: float) -> list[str]:
    """The codes of the nearest county seats within some two degrees; none abroad, where no one could tell."""
    around = [
        seat
        for north, east in product(range(-2, 3), repeat=2)
        for seat in seats.get((int(latitude) + north, int(longitude) + east), ())
    ]
    around.sort(key=lambda seat: (seat[0] - latitude) ** 2 + (seat[1] - longitude) ** 2)
    return [code for _north, _east, code in around[:NEAREST]]
