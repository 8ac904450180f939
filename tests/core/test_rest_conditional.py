"""Entity tags of the API (RFC 9110): one for every answer, and none that outlives what it stands for."""

import re

import pytest

from core.history import version_of
from tests.factories import make_agreement, make_citation, make_park, make_role

PARK = "/api/v1/parks/suxitong/"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/",
        "/api/v1/parks/",
        PARK,
        f"{PARK}changes/",
        f"{PARK}co-management/?on=2005",
        "/api/v1/search/?q=park",
        "/api/v1/cities/",
        "/api/v1/parks.csv",
        "/api/v1/parks.xlsx",
        "/api/v1/parks.geojson",
        "/api/v1/parks/suxitong.geojson",
    ],
)
def test_every_answer_has_a_tag_and_is_left_out_for_who_knows_it(reader, path):
    make_park("suxitong")
    answer = reader.get(path)
    etag = answer["ETag"]
    for known in (etag, f'"other", {etag}', f"W/{etag.removeprefix('W/')}", "*"):
        unchanged = reader.get(path, headers={"If-None-Match": known})
        assert (unchanged.status_code, unchanged.content, unchanged["ETag"]) == (304, b"", etag)
        assert unchanged["Vary"] == answer["Vary"]
    assert reader.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_tag_of_a_record_is_its_version_and_a_digest(reader):
    park = make_park("suxitong")
    role = make_role(park)
    version, digest = re.fullmatch(r'"(\d+)-([0-9a-f]{20})"', reader.get(PARK)["ETag"]).groups()
    assert version == str(version_of(park)) == str(version_of(role))
    other_version, other_digest = reader.get(f"{PARK}?fields=slug")["ETag"].strip('"').split("-")
    assert (other_version, other_digest != digest) == (version, True)
    make_citation(role)
    assert int(reader.get(PARK)["ETag"].strip('"').split("-")[0]) == version_of(park) > int(version)


def test_a_change_of_what_is_only_referred_to_changes_the_tag(reader):
    park = make_park("suxitong")
    agreement = make_agreement("treaty")
    make_role(park, agreement=agreement)
    etag = reader.get(PARK)["ETag"]
    agreement.title_en = "Another title"
    agreement.save()
    assert reader.get(PARK, headers={"If-None-Match": etag}).status_code == 200


def test_the_answer_to_a_write_carries_the_tag_for_the_next(editor):
    make_park("suxitong")
    etag = editor.get(PARK)["ETag"]
    for name in ("One", "Two", "Three"):
        response = editor.patch(PARK, {"name_en": name}, headers={"If-Match": etag})
        assert response.status_code == 200
        etag = response["ETag"]
    assert editor.get(PARK, headers={"If-None-Match": etag}).status_code == 304
