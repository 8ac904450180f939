import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_login_form_lets_a_steward_in(page: Page, django_user_model, screenshot):
    django_user_model.objects.create_superuser("steward", password="a long word")
    page.goto("/admin/")
    screenshot("login")
    page.get_by_label("Username").fill("steward")
    page.get_by_label("Password").fill("a long word")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/admin/")
    screenshot("admin")


def test_login_form_says_what_is_wrong(page: Page, django_user_model):
    django_user_model.objects.create_superuser("steward", password="a long word")
    page.goto("/admin/login/")
    page.get_by_label("Username").fill("steward")
    page.get_by_label("Password").fill("another word")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Please enter the correct username and password")).to_be_visible()


def test_session_of_a_user_opens_the_admin(page: Page, django_user_model, log_in):
    log_in(django_user_model.objects.create_superuser("steward"))
    page.goto("/admin/password_change/")
    expect(page).to_have_url("/admin/password_change/")
