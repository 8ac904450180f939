"""Documents as answers tell them: with addresses under the host that was asked, and only the fields asked for."""

import json

from django.urls import get_script_prefix

from core.documents import Text
from core.rest.renderers import TextRenderer

# No text of a record has quotation marks that are not escaped, so this is where an address begins, and nothing else.
ADDRESS = '"url":"/'


class Told:
    """How documents are told to one request; with `names`, only these fields of each."""

    def __init__(self, request, names: set[str] | None = None):
        self.names = names
        self.address = f'"url":"{request.build_absolute_uri(get_script_prefix())}'

    def alone(self, text: Text) -> bytes:
        return self.joined([text])

    def within(self, page: dict, texts: list[Text]) -> bytes:
        """A page of a list, `page` being all of it but its `results`, which are its last part."""
        start = TextRenderer().render(page).removesuffix(b"]}")
        return start + self.joined(texts, ",") + b"]}"

    def joined(self, texts: list[Text], by="") -> bytes:
        bodies = [text.body for text in texts] if self.names is None else [self._cut(text.body) for text in texts]
        return by.join(bodies).replace(ADDRESS, self.address).encode()

    def _cut(self, body: str) -> str:
        told = {name: value for name, value in json.loads(body).items() if name in self.names}
        return TextRenderer().render(told).decode()
