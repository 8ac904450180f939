"""An OpenID provider on 127.0.0.1, as a process of its own: oidc-provider-mock, which logs in whoever it is told to.

Beside what that does it insists on PKCE, counts what it is asked, and can be told to lie.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import requests

from tests.serving import ROOT


@dataclass
class Provider:
    """`with Provider() as provider`: `issuer` is its address."""

    def __enter__(self):
        # authlib warns of what it will leave out
        command = [sys.executable, "-W", "ignore", "-m", "tests.provider"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.issuer = self.process.stdout.readline().strip()
        assert self.issuer, "The provider did not start."
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()

    def has(self, subject: str, **claims) -> None:
        """From now on there is somebody with these claims and no others."""
        requests.put(f"{self.issuer}/users/{subject}", json=claims, timeout=10).raise_for_status()

    def lies(self, **how) -> None:
        """Until told otherwise: `claims` put into the ID token (None: left out), `key` or `algorithm` of its signature,
        `userinfo`, `description` or `keys` in place of the true ones, `token_status` of the answer to a code.
        """
        requests.put(f"{self.issuer}/lies", json=how, timeout=10).raise_for_status()

    def asked(self) -> list[str]:
        """The paths that were asked for since this was last asked."""
        return requests.get(f"{self.issuer}/asked", timeout=10).json()

    def log_in(self, address: str, subject: str, action: str = "allow") -> str:
        """Where a browser is sent that came with `address` and logged in as `subject`."""
        answer = requests.post(address, {"sub": subject, "action": action}, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


def serve() -> None:
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    import flask
    import jwt
    import oidc_provider_mock
    from cryptography.hazmat.primitives.asymmetric import rsa
    from werkzeug.serving import make_server

    application = oidc_provider_mock.app()
    lies, asked, challenges = {}, [], {}

    def answer(told):
        return flask.Response(json.dumps(told), content_type="application/json")

    @application.put("/lies")
    def lie():
        lies.clear()
        lies.update(flask.request.json)
        return ""

    @application.get("/asked")
    def tell():
        told = answer(list(asked))
        asked.clear()
        return told

    @application.before_request
    def look():
        path = flask.request.path
        if path not in ("/asked", "/lies") and not path.startswith("/users/"):
            asked.append(path)
        if path == "/oauth2/token":
            form = flask.request.form
            proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if challenges.pop(form["code"], None) != base64.urlsafe_b64encode(proof).rstrip(b"=").decode():
                return answer({"error": "invalid_grant"}), 400
            if "token_status" in lies:
                return answer({"error": "server_error", "code": form["code"]}), lies["token_status"]
        return None

    def sign(claims):
        claims |= lies.get("claims", {})
        claims = {name: value for name, value in claims.items() if value is not None}
        algorithm = lies.get("algorithm", "RS256")
        key = flask.g.oidc_provider_mock_storage.jwk
        private, public = key.get_private_key(), key.as_pem(is_private=False)
        if lies.get("key") == "another":
            private = rsa.generate_private_key(65537, 2048)
        if algorithm == "HS256":
            # as whoever knows only what everybody may
            parts = [
                base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "HS256"}, claims)
            ]
            import hmac

            signed = hmac.new(public, b".".join(parts), "sha256").digest()
            return b".".join([*parts, base64.urlsafe_b64encode(signed).rstrip(b"=")]).decode()
        return jwt.encode(
            claims,
            None if algorithm == "none" else private,
            algorithm,
            {"kid": lies.get("kid")} if "kid" in lies else None,
        )

    @application.after_request
    def change(response):
        path = flask.request.path
        if path == "/oauth2/authorize" and response.status_code == 302:
            code = parse_qs(urlsplit(response.location).query).get("code", [""])[0]
            challenges[code] = flask.request.args.get("code_challenge")
        if path == "/oauth2/token" and response.status_code == 200:
            told = response.json
            if "raw" in lies:
                told["id_token"] = lies["raw"]
            else:
                told["id_token"] = sign(jwt.decode(told["id_token"], options={"verify_signature": False}))
            return answer(told)
        for place, name in (
            ("/userinfo", "userinfo"),
            ("/jwks", "keys"),
            ("/.well-known/openid-configuration", "description"),
        ):
            if path == place and name in lies:
                return answer(response.json | lies[name])
        return response

    server = make_server("127.0.0.1", 0, application, threaded=True)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve()
