"""A page of the portal as its reader meets it: the text of each element that has an `id`, and where links lead."""

from html.parser import HTMLParser

from django.test import Client

INLINE = {"a", "b", "code", "q", "span", "strong", "sup", "time"}
VOID = {"br", "hr", "img", "input", "link", "meta"}


class Page(HTMLParser):
    """What `path` answers. An element left open, or closed twice, is an error."""

    def __init__(self, path: str, **query):
        super().__init__()
        self.response = Client().get(path, query)
        assert self.response.status_code == 200, self.response.content
        self.ids: list[str] = []
        self.links: list[str] = []
        self._texts: dict[str, str] = {}
        # The name and id of each element that is open.
        self._open: list[tuple[str, str]] = []
        self.feed(self.response.content.decode())
        self.close()
        assert self._open == []

    def told(self, id: str) -> str:
        """The text of the element of this id, with single spaces."""
        return " ".join(self._texts[id].split())

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if "href" in attributes:
            self.links.append(attributes["href"])
        if "id" in attributes:
            self.ids.append(attributes["id"])
            self._texts[attributes["id"]] = ""
        if tag not in INLINE:
            self.handle_data(" ")
        if tag not in VOID:
            self._open.append((tag, attributes.get("id", "")))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag):
        opened, _id = self._open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}> at {self.getpos()}"
        if tag not in INLINE:
            self.handle_data(" ")

    def handle_data(self, data):
        for _tag, id in self._open:
            if id:
                self._texts[id] += data
