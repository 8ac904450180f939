"""A provider of office accounts that runs beside the tests."""

import pytest

from config import sso
from tests.office import SECRET
from tests.provider import Provider


@pytest.fixture(scope="module")
def running():
    with Provider() as provider:
        yield provider


@pytest.fixture
def provider(running, settings):
    """The registry set up for this provider, and somebody there who is one of its editors."""
    running.lies()
    running.asked()
    settings.SSO = sso.SingleSignOn(
        issuer=running.issuer,
        client_id="park-registry",
        client_secret=SECRET,
        scopes="openid profile email",
        claim="groups",
        values={"stewards": ["boss"], "editors": ["registry", "planning"], "readers": ["staff"]},
    )
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, sso.BACKEND]
    settings.ROOT_URLCONF = "tests.office"
    running.has("li", preferred_username="li.wei", groups=["registry", "canteen"])
    return running
