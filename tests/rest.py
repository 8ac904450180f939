"""What a client of the API sends, and what it is told."""

HOST = "http://testserver/api/v1"


def get(client, path, **query):
    response = client.get(path, query)
    assert response.status_code == 200, response.content
    return response.json()


def send(client, method, path, body=None, **headers):
    """Write with the version that the record has now."""
    etag = client.get(path)["ETag"]
    return getattr(client, method)(path, body, headers={"If-Match": etag, **headers})


def patch(client, path, body):
    return send(client, "patch", path, body)


def refused(response, status=400):
    """The pointers of a problem document, and what is said at each."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return {each["pointer"]: each["detail"] for each in problem.get("errors", [])}


def told_division(code, kind="COUNTY_LEVEL_CITY"):
    return {
        "code": code,
        "name_en": f"Division {code}",
        "name_zh": f"区划{code}",
        "level": "COUNTY",
        "kind": kind,
        "url": f"{HOST}/divisions/{code}/",
    }
