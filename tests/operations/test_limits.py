"""The limits of deploy/nginx, before the registry: floods and what is dear are refused, and readers are not."""

from collections import Counter

import pytest

from tests.operations.proxy import Nginx

pytestmark = pytest.mark.servers


def test_nginx_limits_what_is_dear_and_leaves_readers_alone(loaded_file, serve, room):
    server = serve(loaded_file, workers=1, PROXIES="1")
    with Nginx(server, room / "nginx", shared=False, limited=True) as nginx:
        # a burst of 20, then two in a second
        dear = Counter(nginx.get("/en/network/?within=320000")[0] for _each in range(40))
        assert set(dear) == {200, 429}
        assert dear[200] >= 21
        assert 429 in {nginx.get("/api/v1/parks.csv/")[0] for _each in range(9)}
        assert Counter(nginx.get("/en/about/")[0] for _each in range(60)) == {200: 60}
        # what a client says of itself buys nothing
        assert 429 in {nginx.get("/en/network/?within=320000", X_Forwarded_For=f"198.51.100.{n}")[0] for n in range(9)}
