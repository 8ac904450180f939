"""How we know: each fact on a page has the numbers of its notes, and the notes stand at the end of the page."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from core.loading import rows_of
from sources.evidence import same_fact
from sources.models import Citation, CitedRecord, Source

# What a note tells of a citation.
TOLD = ("source_id", "locator", "confidence", "stance", "stated_value", "quote", "note")


@dataclass
class Note:
    """What one place in one source says, with how sure it is: numbered in the order of first mention."""

    number: int
    citation: Citation
    # The ids of the elements on the page that refer to it.
    mentions: list[str] = field(default_factory=list)

    @property
    def source(self) -> Source:
        return self.citation.source

    @property
    def id(self) -> str:
        return f"note-{self.number}"


@dataclass(frozen=True)
class Mention:
    """One number beside a fact: `id` is that of its element, to which the note leads back."""

    note: Note
    id: str

    @property
    def stated(self) -> str:
        """What the source states instead, where it disputes the fact and says so."""
        return self.note.citation.stated_value


@dataclass(frozen=True)
class Evidence:
    """The notes beside one fact. A fact that nobody supports is uncited, and says so."""

    supports: tuple[Mention, ...]
    disputes: tuple[Mention, ...]


class Footnotes:
    """The notes of one page."""

    def __init__(self):
        self._notes: dict[tuple, Note] = {}

    def __iter__(self):
        return iter(self._notes.values())

    def __len__(self):
        return len(self._notes)

    def of(self, record: CitedRecord, name: str = "") -> Evidence:
        """The evidence of a fact, with its notes added to the page: of the field `name` of a record, what is cited for
        that or for the whole; without a name, all that is cited for the record.

        Reads `citations` and each one's `source`: load both with the record (`sources.evidence.with_citations`).
        """
        return self.among(rows_of(record, "citations"), name)

    def among(self, citations: Iterable[Citation], name: str = "") -> Evidence:
        """The same of `citations`, all those of a record."""
        wanted = {"", *same_fact(name)} if name else None
        beside = {stance: {} for stance in Citation.Stance}
        for citation in citations:
            if wanted is None or citation.field in wanted:
                note = self._note(citation)
                beside[citation.stance][note.number] = note
        supports, disputes = (
            tuple(map(_mention, beside[stance].values()))
            for stance in (Citation.Stance.SUPPORTS, Citation.Stance.DISPUTES)
        )
        return Evidence(supports, disputes)

    def _note(self, citation) -> Note:
        """Facts that rest on the same words share a note."""
        key = tuple(getattr(citation, name) for name in TOLD)
        return self._notes.setdefault(key, Note(len(self._notes) + 1, citation))


def _mention(note: Note) -> Mention:
    mention = Mention(note, f"{note.id}-{len(note.mentions) + 1}")
    note.mentions.append(mention.id)
    return mention
