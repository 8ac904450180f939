"""How we know: each fact on a page has the numbers of its notes, and the notes stand at the end of the page."""

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
    # The number of the first note of the same source, where that is another.
    first: int | None = None
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
    # The field that it speaks of, in words, where the fact beside it is a whole row.
    about: str = ""

    @property
    def stated(self) -> str:
        """What the source states instead, where it disputes the fact and says so."""
        return self.note.citation.stated_value

    @property
    def against(self) -> str:
        """What speaks against the fact: what is stated, or what is noted of it."""
        return self.stated or self.note.citation.note


@dataclass(frozen=True)
class Evidence:
    """The notes beside one fact. A fact that nobody supports is uncited, and says so; what is empty is no fact."""

    supports: tuple[Mention, ...]
    disputes: tuple[Mention, ...]
    is_empty: bool = False


class Footnotes:
    """The notes of one page."""

    def __init__(self):
        self._notes: dict[tuple, Note] = {}
        self._first_of: dict[int, int] = {}

    def __iter__(self):
        return iter(self._notes.values())

    def __len__(self):
        return len(self._notes)

    def of(self, record: CitedRecord, *names: str) -> Evidence:
        """The evidence of a fact, with its notes added to the page: of the fields `names` of a record, what is cited
        for these or for the whole; without names, all that is cited for the record.

        Reads `citations` and each one's `source`: load both with the record (`sources.evidence.with_citations`).
        """
        names = tuple(filter(None, names))
        wanted = {"", *(same for name in names for same in same_fact(name))} if names else None
        beside = {stance: {} for stance in Citation.Stance}
        for citation in rows_of(record, "citations"):
            if wanted is None or citation.field in wanted:
                note = self._note(citation)
                about = "" if wanted or citation.stance == Citation.Stance.SUPPORTS else citation.field
                beside[citation.stance][note.number, about] = note
        supports, disputes = (
            tuple(_mention(note, _words_for(record, about)) for (_number, about), note in beside[stance].items())
            for stance in (Citation.Stance.SUPPORTS, Citation.Stance.DISPUTES)
        )
        is_empty = bool(names) and all(_value(record, name) in ("", None) for name in names)
        return Evidence(supports, disputes, is_empty)

    def _note(self, citation) -> Note:
        """Facts that rest on the same words share a note."""
        key = tuple(getattr(citation, name) for name in TOLD)
        if key not in self._notes:
            number = len(self._notes) + 1
            first = self._first_of.setdefault(citation.source_id, number)
            self._notes[key] = Note(number, citation, first if first != number else None)
        return self._notes[key]


def _mention(note: Note, about: str) -> Mention:
    mention = Mention(note, f"{note.id}-{len(note.mentions) + 1}", about)
    note.mentions.append(mention.id)
    return mention


def _value(record, name):
    return getattr(record, record._meta.get_field(name).attname)


def _words_for(record, name) -> str:
    return str(record._meta.get_field(name).verbose_name) if name else ""
