"""The registry with single sign-on, as a browser meets it that comes in with an office account."""

from django.contrib.auth.models import User
from django.test import Client

from config import urls
from config.sso.urls import urlpatterns as of_sso
from config.sso.views import REFUSALS

# What `config.urls` is where a provider is set up.
urlpatterns = [*of_sso, *urls.urlpatterns]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500

SECRET = "a-secret-of-the-provider-4711"


def come_in(provider, subject="li", client=None, there=""):
    """What a browser is answered that has been to the provider, and the browser."""
    client = client or Client()
    begun = client.get("/admin/sso/", {"next": there} if there else {})
    assert begun.status_code == 302
    return client.get(provider.log_in(begun["Location"], subject)), client


def told(response):
    return response.status_code, response.context["told"].split(".")[0]


def refusal(why):
    status, text = REFUSALS[why]
    return status, str(text).split(".")[0]


def groups_of(name):
    return sorted(User.objects.get(username=name).groups.values_list("name", flat=True))
