"""Who is changing the registry, why and from which source: what the database's own history cannot know by itself.

The triggers of `core.triggers` write a Version for each row and open the Change at the first of them. The context
manager `change` delimits one edit, and fills in the person, origin, reason and source when it ends.
"""

import random
import time
import uuid
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal

from django.apps import apps
from django.contrib.auth.models import AbstractUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.exception import response_for_exception
from django.db import connection, models, transaction
from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.db.models.lookups import Exact
from django.urls import Resolver404, resolve

from core.models import Change, OpenChange, Record, Version

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}


@dataclass
class ChangeUnderWay:
    """What will be written on the Change if anything is changed at all."""

    origin: str = Change.Origin.UNKNOWN
    person: AbstractUser | None = None
    reason: str = ""
    source: str = ""
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)


_under_way: ContextVar[ChangeUnderWay | None] = ContextVar("change_under_way", default=None)


def current_change() -> ChangeUnderWay:
    """The change under way, to say who and why. Outside of any, one that leads nowhere."""
    return _under_way.get() or ChangeUnderWay()


@contextmanager
def change(**told):
    """All that is written inside is one Change, all or nothing. `told`: person, origin, reason, source, request_id.

    Writing nothing leaves no Change. Inside another change it joins that one, and what it tells fills in what the
    other left empty.
    """
    outer = _under_way.get()
    if outer is not None:
        for name, value in told.items():
            if value and getattr(outer, name) in ("", None, Change.Origin.UNKNOWN):
                setattr(outer, name, value)
        yield outer
        return
    this = ChangeUnderWay(**told)
    token = _under_way.set(this)
    try:
        with transaction.atomic():
            _begin()
            yield this
            if not transaction.get_rollback():
                _end(this)
    finally:
        _under_way.reset(token)


def _begin():
    """From here on, the next row written opens a new Change."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('registry.change', '', true)")
    else:
        OpenChange.objects.update_or_create(id=1, defaults={"change": None})


def _end(this: ChangeUnderWay):
    """Tell the Change that the triggers opened, if any, who and why; what is written later is another Change."""
    # Not above: how records are told knows of their history.
    from core.documents import end_edit

    change_id = current_change_id()
    if connection.vendor == "postgresql":
        _begin()
    else:
        OpenChange.objects.all().delete()
    if change_id is not None:
        Change.objects.filter(id=change_id).update(
            person=this.person,
            origin=this.origin,
            reason=this.reason[:500],
            source=this.source,
            request_id=this.request_id,
        )
        end_edit()


def current_change_id() -> int | None:
    """The key of the Change that is under way in this transaction; None while nothing has been written."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT nullif(current_setting('registry.change', true), '')::bigint")
            return cursor.fetchone()[0]
    return OpenChange.objects.values_list("change_id", flat=True).filter(id=1).first()


# How long, at most, an edit that another's stood in the way of waits before it is tried again, in seconds. What took
# longer by itself than `REPEATED_WITHIN` is left to its sender.
PAUSES = (0.1, 0.4)
REPEATED_WITHIN = 10


class ChangeMiddleware:
    """Makes each unsafe request one Change and one transaction: answered with an error, it has written nothing.

    So where PostgreSQL undoes it because it and another wait for each other, all of it is done anew, a few times.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method in SAFE_METHODS or not _may_write(request):
            return self.get_response(request)
        view = _view_of(request)
        if _only_reads(view):
            return self.get_response(request)
        # The whole body first: whoever sends it slowly must not keep the database from others meanwhile.
        if request.content_type == "multipart/form-data" and _takes_files(view, request.content_type):
            _ = request.FILES
        else:
            with suppress(RequestDataTooBig):
                _ = request.body
        asked, begun = dict(vars(request)), time.monotonic()
        for pause in PAUSES:
            response = self._edit(request)
            again = getattr(response, "is_repeatable", False) and _is_in_memory(asked)
            if not again or time.monotonic() - begun > REPEATED_WITHIN:
                return response
            time.sleep(random.uniform(0, pause))  # nosec B311 # no secret
            # What the attempt before has put there is of no use any more.
            request.close()
            vars(request).clear()
            vars(request).update(asked)
        return self._edit(request)

    def _edit(self, request):
        try:
            with change(origin=Change.Origin.ADMIN) as this:
                response = self.get_response(request)
                if response.status_code >= 400:
                    transaction.set_rollback(True)
                elif request.user.is_authenticated:
                    this.person = request.user
        except Exception as error:
            # when it was to be committed
            return response_for_exception(request, error)
        return response


def _is_in_memory(asked: dict) -> bool:
    """Whether a request of these attributes can be read again: a form with large files was read while it came."""
    return "_body" in asked or ("_files" in asked and not asked["_files"])


def _may_write(request) -> bool:
    """Whether it comes from somebody: a stranger, logging in too, writes no record and needs no transaction here."""
    return request.user.is_authenticated or "Authorization" in request.headers


def _only_reads(view) -> bool:
    """Whether the view says that it writes nothing, whatever the method (`only_reads`)."""
    return getattr(getattr(view, "view_class", None), "only_reads", False)


def _takes_files(view, content_type: str) -> bool:
    """Whether the view reads forms with files: any page does, of the API's only those that say so."""
    if view is None:
        return False
    parsers = getattr(getattr(view, "cls", None), "parser_classes", None)
    return parsers is None or any(parser.media_type == content_type for parser in parsers)


def _view_of(request):
    """What answers at the address; None where there is nothing."""
    try:
        return resolve(request.path_info).func
    except Resolver404:
        return None


def record_models() -> list[type[Record]]:
    """Every model whose rows have a history, in the order of the apps."""
    return [model for model in apps.get_models() if issubclass(model, Record) and not model._meta.proxy]


def label_of(model: type[Record]) -> str:
    """How Version names a model: "parks.park". A proxy is told as the model it stands for."""
    return model._meta.concrete_model._meta.label_lower


def is_generic(model: type[Record]) -> bool:
    """Whether the row belongs to whatever record its generic target belongs to (a citation does)."""
    return model.belongs_to == "target"


def versions_of(record: Record) -> models.QuerySet[Version]:
    """The versions of a record, of all its facts and of what speaks of them; of a fact, its own and its citations'."""
    model, owner = type(record), ""
    if model.belongs_to and not is_generic(model):
        owner = str(getattr(record, model._meta.get_field(model.belongs_to).attname))
    return _versions(model, Value(str(record.pk)), Value(owner))


def versions_of_each(model: type[Record]) -> models.QuerySet[Version]:
    """`versions_of` the row of `model` that a subquery stands beside."""
    text, owner = models.CharField(), Value("")
    if model.belongs_to and not is_generic(model):
        owner = Cast(OuterRef(model._meta.get_field(model.belongs_to).attname), text)
    return _versions(model, Cast(OuterRef("pk"), text), owner)


def _versions(model, key, owner):
    if not model.belongs_to:
        return Version.objects.filter(root_model=label_of(model), root_key=key)
    own = Q(model=label_of(model), key=key)
    if is_generic(model):
        return Version.objects.filter(own)
    # By the record that the fact belongs to, which has an index; of that, what is said of the fact.
    root = label_of(model._meta.get_field(model.belongs_to).related_model)
    speaking = Q(
        Exact(KT("data__object_id"), key),
        root_model=root,
        root_key=owner,
        model__in=[label_of(each) for each in record_models() if is_generic(each)],
        data__content_type_id=ContentType.objects.get_for_model(model).id,
    )
    return Version.objects.filter(own | speaking)


def version_of(record: Record) -> int:
    """The number of the newest of `versions_of` a record; 0 when it has none.

    It grows with every change, so an edit can tell whether another came between.
    """
    return versions_of(record).order_by("-id").values_list("id", flat=True).first() or 0


def with_last_change(records: models.QuerySet) -> models.QuerySet:
    """The same records with `created` and `changed`: the instants of the first and last change of each and its facts.

    Each is looked up for the rows that are read, so do not order or filter by it.
    """
    versions = versions_of_each(records.model).order_by("id")
    return records.annotate(
        created=Subquery(versions.values("change__at")[:1]),
        changed=Subquery(versions.reverse().values("change__at")[:1]),
    )


def value_of_old(field: models.Field):
    """What a version from before `field` was added tells of it: the default, which adding it gave to every row."""
    return None if field.null or field.is_relation else default_of(field)


def default_of(field: models.Field):
    """What a row has that is not told it; a plain value also where it is the database that gives it."""
    given = field.has_db_default() and not field.has_default()
    return field.db_default if given else field.get_default()


def row_of(version: Version) -> dict[str, object]:
    """The row by column as a version keeps it, in the columns of today's table."""
    row = {}
    for each in apps.get_model(version.model)._meta.concrete_fields:
        value = version.data[each.column] if each.column in version.data else value_of_old(each)
        # SQLite keeps yes and no as numbers.
        row[each.column] = bool(value) if isinstance(each, models.BooleanField) and value is not None else value
    return row


def from_version(version: Version) -> Record:
    """The row that a version describes, as an instance that looks as if just read from its table."""
    model, row = apps.get_model(version.model), row_of(version)
    fields = model._meta.concrete_fields
    return model.from_db(connection.alias, [f.attname for f in fields], [_to_python(f, row[f.column]) for f in fields])


def _to_python(field: models.Field, value):
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    if value is None:
        return None
    value = field.to_python(value)
    if isinstance(field, models.DecimalField):
        # SQLite keeps no trailing zeros.
        return value.quantize(Decimal(1).scaleb(-field.decimal_places), context=field.context)
    return value
