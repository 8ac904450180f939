"""The data-quality report: each check finds what it is for, and nothing in what is in order."""

from io import StringIO

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command

from core.text import folded
from parks.models import BenefitShare, CoManagementRole, Event, Observation, Park, ParkIndustry
from parks.quality import CHECKS, audit
from sources.models import Citation, Source
from tests.factories import (
    make_agreement,
    make_agreement_link,
    make_body,
    make_citation,
    make_division,
    make_event,
    make_indicator,
    make_industry,
    make_observation,
    make_official,
    make_park,
    make_park_industry,
    make_park_name,
    make_post,
    make_role,
    make_share,
    make_signatory,
    make_site,
    make_source,
    make_statement,
)

pytestmark = pytest.mark.django_db


def found(check: str) -> list[tuple[str, bool]]:
    """The record of each fault that a check finds, and whether it is an error."""
    return sorted((fault.record, fault.is_error) for fault in dict(audit())[check])


def test_value_that_no_form_would_take_is_found():
    wrong = make_park("wrong")
    Park.objects.filter(pk=wrong.pk).update(status="SLEEPING")
    make_park("right")
    assert found("values are valid") == [("park:wrong", True)]


def test_place_far_from_the_host_is_found_and_one_near_its_border_is_not():
    make_division("320281", latitude="31.9", longitude="120.3")
    make_division("321282", latitude="32.0", longitude="120.3")
    make_division("430103", latitude="28.1", longitude="113.0")
    make_park("there", latitude="32.1", longitude="120.2")
    make_park("elsewhere", latitude="28.2", longitude="113.0")
    site = make_site(make_park("astray"), latitude="28.0", longitude="113.1")
    make_park("at-sea", latitude="0", longitude="-140")
    assert found("coordinates lie in the province of the host") == [
        (f"park-site:{site.pk}", True),
        ("park:elsewhere", True),
    ]


def test_place_in_a_province_of_which_no_seats_are_recorded_is_not_judged():
    make_division("440305", latitude="22.5", longitude="113.9")
    make_division("320281", latitude="31.9", longitude="120.3")
    make_park("loop", host="810000", latitude="22.5", longitude="114.0")
    make_site(make_park("site"), division="820000", latitude="22.2", longitude="113.6")
    make_park("wrong", host="320281", latitude="22.5", longitude="114.0")
    assert found("coordinates lie in the province of the host") == [("park:wrong", True)]


def test_host_told_as_partner_is_found_unless_the_note_or_a_source_states_it():
    def partner(slug, **fields):
        return make_role(make_park(slug), "PARTNER", division="321282", **fields)

    uncited, weak = partner("uncited"), partner("weak")
    partner("noted", note="The district beside the city that the park is also of.")
    make_citation(weak, confidence="LOW")
    make_citation(weak, stance="DISPUTES", confidence="HIGH")
    for confidence in ("MEDIUM", "HIGH"):
        stated = partner(confidence)
        make_citation(stated, confidence="LOW")
        make_citation(stated, confidence=confidence)
    make_role(make_park("in-order"), "PARTNER", division="320281")
    assert found("host is not its own partner") == sorted(
        [(f"co-management-role:{uncited.pk}", True), (f"co-management-role:{weak.pk}", False)]
    )


def test_agreements_out_of_order_and_in_a_circle_are_found():
    old, new = make_agreement("old", signed_on="2003"), make_agreement("new", signed_on="2013-04")
    make_agreement_link(new, old)
    assert found("agreements follow in order") == []
    link = make_agreement_link(old, new, kind="AMENDS")
    assert found("agreements follow in order") == [
        (f"agreement-link:{link.pk}", True),
        ("agreement:new", True),
        ("agreement:old", True),
    ]


def test_parks_in_a_circle_are_found():
    one, other = make_park("one"), make_park("other")
    Park.objects.filter(pk=one.pk).update(part_of=other)
    assert found("parks do not lead back to themselves") == []
    Park.objects.filter(pk=other.pk).update(part_of=one)
    assert found("parks do not lead back to themselves") == [("park:one", True), ("park:other", True)]


def test_closed_park_at_work_and_report_before_the_event_are_found():
    make_park("closed", closed="2010")
    event = make_event(date="2010-05")
    make_citation(event, source=make_source(published_on="2010"))
    make_citation(event, source=make_source(published_on="2010-04"))
    assert found("dates are in order") == [(f"event:{event.pk}", False), ("park:closed", True)]


@pytest.mark.parametrize(
    ("make", "model", "name", "late", "just"),
    [
        (make_event, Event, "date", "2011", "2010-05"),
        (make_role, CoManagementRole, "since", "2011-01-01", "2010-12"),
        (make_share, BenefitShare, "since", "2011-02", "2010"),
        (make_park_industry, ParkIndustry, "since", "2012", "2010"),
        (make_observation, Observation, "period", "2011-Q1", "2010-H2"),
    ],
    ids=["event", "role", "share", "industry", "figure"],
)
def test_what_happens_after_the_park_closed_is_found(make, model, name, late, just):
    park = make_park("closed", closed="2010", status="CLOSED")
    make(park, **{name: just})
    make(make_park("open"), **{name: late})
    assert found("dates are in order") == []
    model.objects.filter(park=park).update(**{name: late})
    assert [is_error for _record, is_error in found("dates are in order")] == [True]


def test_percents_that_leave_some_untold_are_a_warning():
    park = make_park()
    make_share(park, percent=60)
    assert found("percents add up") == []
    make_share(park, percent=30, division="321282")
    assert [is_error for _record, is_error in found("percents add up")] == [False]


def test_fact_and_field_without_a_source_are_found():
    park = make_park("half", established="2003")
    make_citation(park, field="established")
    figure = make_observation(park)
    assert found("every fact is cited") == [(f"observation:{figure.pk}", True), ("park:half", True)]
    make_citation(park)
    make_citation(figure)
    assert found("every fact is cited") == []


def test_citation_of_nothing_and_of_no_field_is_found():
    park = make_park()
    right = make_citation(park, field="established")
    gone, unknown, other = (make_citation(park) for _each in range(3))
    assert found("citations speak of what is there") == []
    Citation.objects.filter(pk=gone.pk).update(object_id="0")
    Citation.objects.filter(pk=unknown.pk).update(field="founded")
    # a source, which is not cited itself
    Citation.objects.filter(pk=other.pk).update(
        content_type=ContentType.objects.get_for_model(Source), object_id=str(right.source_id)
    )
    assert found("citations speak of what is there") == sorted(
        (f"citation:{each.pk}", True) for each in (gone, unknown, other)
    )


def test_reprint_of_a_reprint_is_found():
    copy = make_source("copy", reprint_of=make_source("original"))
    assert found("reprints name the original") == []
    make_source("copy-of-the-copy", reprint_of=copy)
    assert found("reprints name the original") == [("source:copy-of-the-copy", True)]


def test_post_of_somebody_else_is_found():
    mayor = make_official("mayor")
    post = make_post(mayor)
    make_signatory(official=mayor, post=post)
    make_statement(mayor, post=post)
    make_signatory()
    assert found("posts are the officials own") == []
    signatory, statement = make_signatory(post=post), make_statement(post=post)
    assert found("posts are the officials own") == [
        (f"signatory:{signatory.pk}", True),
        (f"statement:{statement.pk}", True),
    ]


def test_source_that_nothing_rests_on_is_found():
    make_source("orphan")
    original = make_source("original")
    make_citation(make_park(), source=make_source("copy", reprint_of=original))
    assert found("every source is used") == [("source:orphan", True)]


def test_address_that_is_none_is_found():
    make_source("bad", url="http:/example")
    make_source("good", url="https://example.org/a")
    make_source("untold")
    assert found("addresses of sources are well formed") == [("source:bad", True)]


@pytest.mark.parametrize(
    ("name", "language", "faults"),
    [
        ("江阴园区", "zh", []),
        ("江阴 园区", "zh", [True]),
        ("江阴园区 ", "zh", [True]),
        ("江阴Park", "zh", [False]),
        ("Jiangyin Park", "en", []),
        ("Jiangyin  Park", "en", [True]),
        ("Jiangyin 园区", "en", [True]),
        ("Jiangyin Yuanqu", "zh-Latn", []),
    ],
)
def test_mixed_scripts_and_stray_spaces_are_found(name, language, faults):
    make_park_name(name=name, language=language)
    assert [is_error for _record, is_error in found("names are in one script")] == faults


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (make_body, "name_en"),
        (make_official, "name_en"),
        (make_agreement, "title_en"),
        (make_site, "name_en"),
        (make_industry, "name_en"),
        (make_indicator, "name_en"),
    ],
    ids=["body", "official", "agreement", "site", "industry", "indicator"],
)
def test_names_of_all_kinds_of_records_are_looked_at(make, field):
    make(**{field: "Zone 开发区"})
    make(**{field.replace("en", "zh"): "开发 区"})
    assert [is_error for _record, is_error in found("names are in one script")] == [True, True]


def test_words_that_mix_letters_that_look_alike_are_found():
    park = make_park("mixed", name_en="J\u0456angyin Park")
    source = make_source("greek", title="Suzh\u03bfu news")
    make_division("320200", name_en="Wu\u0445i")
    make_park("apart", name_en="β Park of Москва")
    make_park("whole", name_en="Wuxi β-lactam Park")
    assert found("words are in letters of one script") == [
        ("division:320200", False),
        (f"park:{park.slug}", False),
        (f"source:{source.slug}", False),
    ]
    [fault] = [each for each in dict(audit())["words are in letters of one script"] if each.record == "park:mixed"]
    assert fault.told == ("“Jіangyin” has CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I (U+0456) among Latin letters.")


def test_two_parks_of_one_name_are_found_whatever_the_dash():
    make_park("one", name_zh="江阴—靖江工业园区")
    make_park("other", name_zh="江阴-靖江工业园区")
    assert found("no two parks go by one name") == [("park:one", False)]


@pytest.mark.parametrize("dash", "-‐‑‒–—―－一")
def test_any_dash_is_folded_to_one(dash):
    assert folded(f"江苏江阴{dash}靖江工业园区") == "江苏江阴-靖江工业园区"


def test_folding_keeps_the_numeral_one_where_it_is_one():
    assert folded("一岭六县") == "一岭六县"
    assert folded("莱西莱阳一体化发展先行区") == "莱西莱阳一体化发展先行区"


def test_folding_takes_width_case_and_spaces_away():
    assert folded("ＳＩＰ　Suzhou   Park（东区）") == "sip suzhou park(东区)"


def test_command_tells_each_check_and_fails_on_errors():
    make_citation(make_park("cited"))
    told = StringIO()
    call_command("audit_data", stdout=told)
    assert told.getvalue().count("0 errors") == len(CHECKS)
    assert "Nothing is wrong." in told.getvalue()
    Citation.objects.all().delete()
    told = StringIO()
    with pytest.raises(CommandError, match="errors: mend them"):
        call_command("audit_data", stdout=told)
    assert "error   park:cited: A field of it rests on no source." in told.getvalue()


def test_command_tells_no_more_than_asked():
    for _each in range(3):
        make_park()
    told = StringIO()
    with pytest.raises(CommandError):
        call_command("audit_data", most=1, stdout=told)
    assert "and 2 more: --most 0 tells all" in told.getvalue()
