"""A steward's day in the admin, in a real browser, in English and in Chinese."""

from io import BytesIO

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from core.models import Change
from parks.models import CoManagementRole
from sources.models import Citation, Source
from tests.factories import make_division, make_park, make_park_name, make_role, make_source
from tests.people import make_person

pytestmark = pytest.mark.browser


@pytest.fixture
def parks():
    make_division("320281", name_en="Jiangyin", name_zh="江阴市")
    host = make_division("321282", name_en="Jingjiang", name_zh="靖江市")
    east = make_park("east", host=host, name_en="East Park", name_zh="东园", established="2003")
    make_role(east, "OPERATIONS", division="320281")
    make_park_name(east, "旧东园", kind="FORMER")
    make_park("west", host="510104", name_en="West Park", name_zh="西园")
    make_source("daily", title="Two cities, one park", publisher="Daily")


def choose(page: Page, field: str, typed: str, offered: str):
    """Find a record by typing into the autocomplete of `field`."""
    page.locator(f"#{field} + .select2").click()
    page.locator(".select2-search__field").last.fill(typed)
    page.locator(".select2-results__option", has_text=offered).click()


def test_a_steward_finds_a_park_adds_a_role_with_its_source_and_sees_both(page: Page, parks, django_user_model):
    django_user_model.objects.create_superuser("steward", password="a long word")
    page.goto("/admin/")
    page.get_by_label("Username").fill("steward")
    page.get_by_label("Password").fill("a long word")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Parks by span")).to_be_visible()

    page.locator("#nav-sidebar-apps a[href='/admin/parks/park/']").click()
    expect(page.locator("#result_list a", has_text="West Park")).to_be_visible()
    page.locator("a", has_text="Filters").click()
    page.locator("[name=function]").select_option("OPERATIONS", force=True)
    page.get_by_role("button", name="Apply Filters").click()
    expect(page.locator("#result_list a", has_text="West Park")).to_have_count(0)
    page.locator("#result_list a", has_text="East Park").click()

    page.locator("#tabs-items").get_by_role("link", name="Roles").click()
    page.get_by_text("Add another Co-management role").click()
    page.locator("#id_roles-1-function").select_option("SOCIAL_MANAGEMENT")
    choose(page, "id_roles-1-division", "靖江", "Jingjiang")
    page.locator("#id_roles-1-since").fill("2003-08")
    choose(page, "id_edit_source", "one park", "Two cities, one park")
    page.get_by_label("Place in the source").fill("¶2")
    page.get_by_label("Reason").fill("As the paper says")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("1 citation of Two cities, one park added.")).to_be_visible()
    role = CoManagementRole.objects.get(function="SOCIAL_MANAGEMENT")
    assert (role.division_id, role.since) == ("321282", "2003-08")
    assert Citation.objects.get().object_id == str(role.pk)

    page.locator("#result_list a", has_text="East Park").click()
    page.locator("#tabs-items").get_by_role("link", name="Roles").click()
    expect(page.get_by_text("Social management: Jingjiang 靖江市 (321282), 2003-08 –")).to_be_visible()
    page.locator("a[href$='/history/'], a[href*='/history/?']").click()
    entry = page.locator("article.change").first
    expect(entry).to_contain_text("steward")
    expect(entry).to_contain_text("As the paper says")
    expect(entry).to_contain_text("Co-management role: social management, Jingjiang 靖江市 (321282)")
    expect(entry).to_contain_text("Citation: Two cities, one park (Daily)")


def test_a_source_is_added_from_the_box_without_leaving_the_page(page: Page, parks, log_in):
    log_in(make_person("editors"))
    page.goto("/admin/parks/park/")
    page.locator("#result_list a", has_text="East Park").click()
    page.get_by_label("Website").fill("https://example.org/")
    page.locator(".edit_source .related-widget-wrapper span.material-symbols-outlined").first.click()
    with page.expect_popup() as popup:
        page.locator("#add_id_edit_source").click()
    popup.value.get_by_label("Title").fill("River news")
    popup.value.get_by_label("Publisher").press_sequentially("Weekly")
    expect(popup.value.get_by_label("Slug")).to_have_value("weekly-river-news")
    with popup.value.expect_event("close"):
        popup.value.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#id_edit_source + .select2")).to_contain_text("River news")
    expect(page.get_by_label("Website")).to_have_value("https://example.org/")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("1 citation of River news added.")).to_be_visible()
    assert Citation.objects.get().source == Source.objects.get(slug="weekly-river-news")


def test_a_refused_save_shows_why_at_the_row_and_keeps_what_was_typed(page: Page, parks, log_in):
    log_in(make_person("editors"))
    page.goto("/admin/parks/park/")
    page.locator("#result_list a", has_text="East Park").click()
    page.locator("#tabs-items").get_by_role("link", name="Roles").click()
    page.get_by_text("Add another Co-management role").click()
    page.locator("#id_roles-1-function").select_option("OPERATIONS")
    choose(page, "id_roles-1-division", "jiangyin", "Jiangyin")
    page.locator("#id_roles-1-since").fill("2005")
    before = Change.objects.count()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("is recorded already for a period that overlaps")).to_be_visible()
    expect(page.locator("#id_roles-1-since")).to_have_value("2005")
    expect(page.locator("#id_roles-1-division + .select2")).to_contain_text("Jiangyin")
    assert Change.objects.count() == before


def test_the_same_in_chinese(page: Page, parks, log_in):
    log_in(make_person("stewards"))
    page.goto("/admin/")
    page.locator("#nav-sidebar").get_by_text("stewards").click()
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_role("heading", name="园区按跨界层级")).to_be_visible()

    page.locator("#nav-sidebar-apps a[href='/admin/parks/park/']").click()
    page.locator("#searchbar").fill("旧东园")
    page.keyboard.press("Enter")
    expect(page.locator("#result_list a", has_text="West Park")).to_have_count(0)
    page.locator("#result_list a", has_text="East Park").click()
    page.locator("#tabs-items").get_by_role("link", name="职责").click()
    page.get_by_text("添加另一个 共管职责").click()
    page.locator("#id_roles-1-function").select_option(label="规划")
    choose(page, "id_roles-1-division", "江阴", "江阴市")
    choose(page, "id_edit_source", "one park", "Two cities, one park")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("已添加 1 条对《Two cities, one park》的引用。")).to_be_visible()
    page.locator("#result_list a", has_text="East Park").click()
    page.locator("a[href$='/history/'], a[href*='/history/?']").click()
    entry = page.locator("article.change").first
    expect(entry).to_contain_text("共管职责：规划, Jiangyin 江阴市 (320281), 生效")
    expect(entry).to_contain_text("新建")


def test_a_filtered_list_is_exported_for_excel(page: Page, parks, log_in, screenshot):
    log_in(make_person("readers"))
    page.goto("/admin/parks/park/?q=East")
    expect(page.locator("#result_list a", has_text="West Park")).to_have_count(0)
    page.locator("summary", has_text="Export").click()
    screenshot("admin-export")
    with page.expect_download() as download:
        page.get_by_role("link", name="For Excel (.xlsx)").click()
    assert download.value.suggested_filename.startswith("parks-")
    [sheet] = load_workbook(BytesIO(download.value.path().read_bytes()))
    header, *rows = sheet.iter_rows(values_only=True)
    assert [dict(zip(header, row, strict=True))["slug"] for row in rows] == ["east"]
