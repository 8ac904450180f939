import hashlib
import io

import pytest

from exchange.files import FileError, kept_copy, opened

ROLES = "park,division,since\na-park,320281,2003-08\n\nb-park,321282,\n"


@pytest.fixture
def write(tmp_path):
    """Writes a file, and gives its path."""

    def write(content: str | bytes, name="file.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def read(path, **options):
    """The header and the rows of a file."""
    with opened(path, **options) as rows:
        return rows.header, list(rows)


def refused(path, **options) -> list[str]:
    with pytest.raises(FileError) as error:
        read(path, **options)
    return error.value.messages


def test_csv_is_read_with_the_line_of_each_row_and_without_blank_lines(write):
    assert read(write(ROLES)) == (
        ["park", "division", "since"],
        [(2, ["a-park", "320281", "2003-08"]), (4, ["b-park", "321282", ""])],
    )


@pytest.mark.parametrize(
    ("encoding", "told"), [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("gb18030", "GB18030"), ("utf-16", "UTF-16")]
)
def test_csv_is_read_in_the_encodings_of_offices(write, encoding, told):
    path = write("园区名称,所在地\n江阴-靖江工业园区,靖江市\n".encode(encoding))
    with opened(path) as rows:
        assert (rows.encoding, rows.separator, rows.header) == (told, ",", ["园区名称", "所在地"])
        assert list(rows) == [(2, ["江阴-靖江工业园区", "靖江市"])]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_csv_is_read_with_the_separator_of_its_header(write, separator):
    path = write(f'"a,b;c|d"{separator}e{separator}f\n1{separator}2{separator}3\n')
    with opened(path) as rows:
        assert (rows.separator, rows.header) == (separator, ["a,b;c|d", "e", "f"])
        assert list(rows) == [(2, ["1", "2", "3"])]


def test_copy_is_kept_with_its_hash_and_length(write, tmp_path):
    path = write(ROLES)
    told = (hashlib.sha256(ROLES.encode()).hexdigest(), len(ROLES))
    assert kept_copy(path, tmp_path / "one") == told
    assert kept_copy(io.BytesIO(ROLES.encode()), tmp_path / "two") == told
    assert (tmp_path / "one").read_text() == (tmp_path / "two").read_text() == ROLES


def test_copy_of_a_file_that_is_too_large_is_not_kept(settings, tmp_path):
    settings.IMPORT_MEGABYTES = 1
    with pytest.raises(FileError) as error:
        kept_copy(io.BytesIO(b"x" * (1024**2 + 1)), tmp_path / "copy")
    assert error.value.messages == [
        "The file is larger than 1 MB. Have it imported on the server: manage.py import_records."
    ]
    assert list(tmp_path.iterdir()) == []
