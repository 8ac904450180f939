"""Addresses that people type."""

import pytest


@pytest.mark.parametrize(("address", "leads_to"), [("/", "/en/"), ("/api/", "/api/v1/")])
def test_a_bare_address_leads_to_what_there_is(client, address, leads_to):
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (302, leads_to)
