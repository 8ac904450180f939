"""A table leaves the admin, is edited as people do, and comes back, in a real browser."""

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from parks.models import Park
from tests.factories import make_division, make_park
from tests.people import make_person

pytestmark = pytest.mark.browser


@pytest.fixture
def parks(settings, tmp_path):
    settings.IMPORT_FILES = str(tmp_path / "imports")
    make_division("321282", name_en="Jingjiang", name_zh="靖江市")
    for slug in ("east", "west"):
        make_park(slug, host="321282", name_en=f"{slug.title()} Park")


def test_a_list_is_exported_edited_sent_back_applied_and_undone(page: Page, parks, log_in, screenshot, tmp_path):
    log_in(make_person("stewards"))
    page.goto("/admin/parks/park/")
    page.locator("summary", has_text="Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="For Excel (.xlsx)").click()
    path = tmp_path / "parks.xlsx"
    download.value.save_as(path)
    book = load_workbook(path)
    header = [cell.value for cell in book.active[1]]
    book.active.cell(2, header.index("crosses") + 1, "Yangtze River")
    book.active.append(["south", "South Park", "南园", "进行中的", "靖江市"])
    book.save(path)

    page.goto("/admin/parks/park/")
    page.get_by_role("link", name="Import").last.click()
    expect(page.get_by_label("What its rows are")).to_have_value("parks")
    page.locator("[name=file]").set_input_files(path)
    screenshot("import-send")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("“进行中的” is none of")).to_be_visible()
    screenshot("import-checked", full_page=True)
    assert Park.objects.filter(crosses="Yangtze River").count() == 0

    page.get_by_role("link", name="1 error").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Write the 1 record that is right").click()
    expect(page.get_by_text("1 record written.")).to_be_visible()
    assert Park.objects.get(crosses="Yangtze River").slug == "east"

    page.get_by_label("Reason").fill("The wrong river")
    page.get_by_role("button", name="Undo the whole import").click()
    expect(page.get_by_text("Undone: 1 row is as it was.")).to_be_visible()
    screenshot("import-undone", full_page=True)
    assert Park.objects.filter(crosses="Yangtze River").count() == 0
