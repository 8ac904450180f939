"""The base of every registry model, and the two tables in which the database itself keeps their history."""

from functools import cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.lookups import IsNull
from django.utils.encoding import force_str
from django.utils.translation import gettext_lazy as _

from core.loading import Loaded
from core.text import validate_length, validate_line, validate_name, validate_text
from core.wording import Wording


class Change(models.Model):
    """One edit of the registry by one person or program: all that one request, command or import wrote together.

    The database opens it at the first row written (see `core.triggers`); `core.history.change` then says who and why.
    """

    class Origin(models.TextChoices):
        ADMIN = "ADMIN", _("admin")
        API = "API", _("API")
        IMPORT = "IMPORT", _("import")
        FIXTURE = "FIXTURE", _("fixture")
        COMMAND = "COMMAND", _("command")
        UNKNOWN = "UNKNOWN", _("unknown")

    at = models.DateTimeField(_("at"), db_index=True)
    # A person who has edited is never deleted, only made inactive: the record says who.
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("person"),
        null=True,
        blank=True,
        related_name="changes",
    )
    origin = models.CharField(_("origin"), max_length=8, choices=Origin)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    # By slug, not by key: the ground floor knows nothing of sources, and what was said then stays said.
    source = models.CharField(_("source"), max_length=120, blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["-id"]

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_origin_display()}"


class ValueOf(models.Func):
    """The text of a `column` in the row that a version keeps, in the one form that an index of it is found by."""

    template = "(%(expressions)s ->> '%(column)s')"
    output_field = models.TextField()

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="json_extract(%(expressions)s, '$.%(column)s')", **context)


def _index_of(column: str, name: str) -> models.Index:
    """Finds the versions of the records that have or had a key in the API: of a few kinds, so of few versions."""
    value = ValueOf("data", column=column)
    return models.Index("model", value, "key", "id", condition=models.Q(IsNull(value, False)), name=name)


class Version(models.Model):
    """One row of one table as one change left it. Written by triggers only, never changed."""

    class Operation(models.TextChoices):
        CREATED = "CREATED", _("created")
        CHANGED = "CHANGED", _("changed")
        DELETED = "DELETED", _("deleted")

    change = models.ForeignKey(Change, models.PROTECT, verbose_name=_("change"), related_name="versions")
    model = models.CharField(_("model"), max_length=60)
    key = models.CharField(_("key"), max_length=40)
    # The park, agreement or division the row belongs to.
    root_model = models.CharField(_("record's model"), max_length=60)
    root_key = models.CharField(_("record's key"), max_length=40)
    operation = models.CharField(_("operation"), max_length=7, choices=Operation)
    data = models.JSONField(
        _("row"), help_text=_("The whole row by column: after the change, or before, when deleted.")
    )

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["model", "key", "id"], name="version_of_row"),
            models.Index(fields=["root_model", "root_key", "id"], name="version_of_record"),
            _index_of("slug", "version_of_slug"),
            _index_of("code", "version_of_code"),
        ]

    def __str__(self):
        return f"{self.model} {self.key} {self.operation}"


class OpenChange(models.Model):
    """The change under way on SQLite, where triggers can read a table but no session setting.

    At most one row, only ever seen inside the transaction that wrote it: SQLite lets one transaction write at a time.
    """

    change = models.ForeignKey(Change, models.DO_NOTHING, null=True)

    class Meta:
        verbose_name = _("open change")

    def __str__(self):
        return f"open change {self.change_id}"


class RecordNames(models.Model):
    """All names of one record, as a search matches them (see `core.names`). Made from the record at any time."""

    # A number, since the index of SQLite knows rows by theirs.
    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(_("model"), max_length=60)
    key = models.CharField(_("key"), max_length=40)
    # The key again, to join tables whose keys are numbers.
    number = models.BigIntegerField(_("number"), null=True)
    # Each squeezed, with a line break before and after it.
    names = models.TextField(_("names"))

    class Meta:
        verbose_name = _("names of a record")
        verbose_name_plural = _("names of records")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["key", "kind"], name="record_has_its_names_once")]
        indexes = [models.Index(fields=["number", "kind"], name="names_of_number")]

    def __str__(self):
        return f"{self.kind} {self.key}"


class NameKey(models.Model):
    """A key by which the names of a record are looked up, also where they are misspelt (see `core.wording`)."""

    pk = models.CompositePrimaryKey("key", "names")
    # Of the kind and a piece of a name, the checksum: what is found by it is compared anyway.
    key = models.IntegerField(_("key"))
    names = models.ForeignKey(RecordNames, models.CASCADE, verbose_name=_("names of a record"), related_name="keys")

    class Meta:
        verbose_name = _("key of names")
        verbose_name_plural = _("keys of names")
        default_permissions = ()

    def __str__(self):
        return f"{self.key} {self.names_id}"


class Document(models.Model):
    """The JSON of one record as the API tells it, kept as text: see `core.documents`.

    Made from the records at any time, so it has no history of its own. The database says here that what a document
    tells has been written to (see `core.marking`); it then waits to be rendered anew.
    """

    pk = models.CompositePrimaryKey("kind", "key")
    kind = models.CharField(_("model"), max_length=60, help_text=_("Such as parks.park."))
    key = models.CharField(_("key"), max_length=40)
    marked = models.BigIntegerField(_("marked"), default=0, help_text=_("How often what it tells has been written to."))
    version = models.BigIntegerField(_("version"), default=0, help_text=_("The newest version of the record in it."))
    shape = models.CharField(_("shape"), max_length=16, default="", help_text=_("Which code rendered it."))
    body = models.TextField(_("body"), blank=True, help_text=_("Empty while it waits to be rendered."))

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        default_permissions = ()
        indexes = [
            models.Index(fields=["kind", "key"], condition=models.Q(body=""), name="document_that_waits"),
        ]

    def __str__(self):
        return f"{self.kind} {self.key}"


class RecordManager(models.Manager):
    """Finds a record by its natural key: the values of its `identity`, references told by their own natural keys."""

    def get_by_natural_key(self, *key):
        conditions, rest = {}, list(key)
        for lookup in self.model.identity_lookups():
            value = rest.pop(0)
            conditions[lookup if value is not None else f"{lookup}__isnull"] = value if value is not None else True
        return self.get(**conditions)


class Record(models.Model):
    """A row of the registry: known by a natural key, with every version kept by the database."""

    # Names of the fields that tell one row from another. A reference is told by the identity of what it refers to.
    identity: tuple[str, ...] = ()
    # The reference to the record this row is a fact of; empty for a record of its own.
    belongs_to = ""
    # The query paths of all names that a search finds it by; empty where it is not searched for.
    named_by: tuple[str, ...] = ()
    # The words that say little in names of this kind.
    wording = Wording()
    # Patterns of keys: of matches that are equally good, a search tells these first, in this order.
    found_first: tuple[str, ...] = ()

    objects = RecordManager()
    loaded = Loaded()

    class Meta:
        abstract = True

    @classmethod
    def identity_lookups(cls) -> list[str]:
        """The query paths of the natural key: `["park__slug", "function", ...]`."""
        lookups = []
        for name in cls.identity:
            related = cls._meta.get_field(name).related_model
            lookups += [f"{name}__{path}" for path in _identity_of(related)] if related else [name]
        return lookups

    @classmethod
    def also_named(cls, *names: str) -> list[str]:
        """What people call a record that has these names in its own fields of `named_by`."""
        return []

    def _get_FIELD_display(self, field):
        """As Django's own, which makes the dictionary of all labels anew, and translates each, whenever one is told."""
        value = getattr(self, field.attname)
        return force_str(_labels(field).get(value, value), strings_only=True)

    def clean_fields(self, exclude=None):
        """The rules of each field, and those of all texts: how long, and of which characters (see `core.text`)."""
        errors = {}
        try:
            super().clean_fields(exclude)
        except ValidationError as error:
            errors = error.error_dict
        for field in self._meta.concrete_fields:
            value = getattr(self, field.attname)
            if field.name in errors or field.name in (exclude or ()):
                continue
            try:
                validate_characters(field, value)
            except ValidationError as error:
                errors[field.name] = [error]
        if errors:
            raise ValidationError(errors)

    def natural_key(self):
        key = []
        for name in self.identity:
            value = getattr(self, name)
            related = self._meta.get_field(name).related_model
            if related is None:
                key.append(value)
            else:
                key += [None] * len(_identity_of(related)) if value is None else value.natural_key()
        return tuple(key)


# How the fields begin that tell what something is called: `name_en`, `title`.
NAMES = ("name", "title", "publisher", "pinyin")


def validate_characters(field: models.Field, value):
    """Raise ValidationError where `value` is a text that is too long, or has a character that is not seen."""
    if not isinstance(value, str) or field.is_relation:
        return
    if isinstance(field, models.TextField):
        validate_length(value)
        validate_text(value)
    else:
        validate_line(value)
    if field.name.partition("_")[0] in NAMES:
        validate_name(value)


@cache
def _labels(field: models.Field) -> dict:
    return dict(field.flatchoices)


def _identity_of(related: type[models.Model]) -> list[str]:
    return related.identity_lookups() if issubclass(related, Record) else ["app_label", "model"]
