"""A form with too large a file is refused before it is read, with what to do instead."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

HOW = "The file is larger than 1 MB. Have it imported on the server: manage.py import_records."


@pytest.fixture(autouse=True)
def small(settings):
    settings.IMPORT_MEGABYTES = 1


@pytest.fixture
def form():
    return {"file": SimpleUploadedFile("large.csv", b"0" * 3 * 1024**2)}


def test_admin_refuses_a_form_with_too_large_a_file(admin_client, form):
    response = admin_client.post("/admin/parks/park/add/", form)
    assert response.status_code == 413
    assert HOW in response.content.decode()
