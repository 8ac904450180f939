"""The shape of records in the API. Serializers here shape and check types; the models' own rules are in `writing`."""

import re
from collections.abc import Mapping
from functools import cache

from django.conf import settings
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.settings import api_settings
from rest_framework.validators import UniqueValidator

from core.dates import DATE_PATTERN, PERIOD_PATTERN, Certainty, Dated, PartialDateField, PeriodField
from core.numbers import DIGITS, ExactDecimalField, validate_exact
from core.rest.errors import MAX_TOLD, hint
from core.rest.parameters import read_instant
from core.rest.references import Address, key_of, reference_to
from core.rest.telling import steps_of, told
from core.rest.writing import write_record
from core.text import validate_line

NUMBER = re.compile(r"\s*[-+]?[0-9]*\.?[0-9]*([eE][-+]?[0-9]+)?\s*")


class StrictText:
    """Takes text only: a number given for a text is a mistake."""

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Text(StrictText, serializers.CharField):
    pass


class Slug(StrictText, serializers.SlugField):
    pass


class WebAddress(StrictText, serializers.URLField):
    pass


class YesNo(serializers.BooleanField):
    def to_internal_value(self, data):
        if not isinstance(data, bool):
            self.fail("invalid", input=str(data)[:60])
        return data


class PlainDigits:
    """Takes a number, or one written with the digits of ASCII: others are read by few programs, and by few people."""

    default_error_messages = {"digits": _("Write the number with the digits 0 to 9.")}

    def to_internal_value(self, data):
        if isinstance(data, bool):
            self.fail("invalid")
        if isinstance(data, str) and any(each.isnumeric() and not each.isascii() for each in data):
            self.fail("digits")
        if isinstance(data, str) and not NUMBER.fullmatch(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class Number(PlainDigits, serializers.DecimalField):
    """A decimal, told as text without zeros that say nothing."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"normalize_output": True, **kwargs})


class ExactNumber(Number):
    """One of an `ExactDecimalField`, whose own rule says how many digits it has."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{**kwargs, "max_digits": None})
        # For the schema alone: what is too large is told below, with the sentence that all other ways in have.
        self.max_whole_digits = DIGITS

    def validate_precision(self, value):
        validate_exact(value)
        return super().validate_precision(value)

    def quantize(self, value):
        return value


class WholeNumber(PlainDigits, serializers.IntegerField):
    pass


class Choice(serializers.ChoiceField):
    default_error_messages = {"invalid_choice": _("“{input}” is none of: {allowed}.")}

    def to_internal_value(self, data):
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", input=str(data)[:60], allowed=", ".join(self.choices))
        return data


@extend_schema_field(
    {"type": "string", "pattern": f"^({DATE_PATTERN})?$", "examples": ["2003", "2003-08", "2003-08-29"]}
)
class PartialDateText(Text):
    field = PartialDateField()

    def to_internal_value(self, data):
        return self.field.to_python(super().to_internal_value(data))

    def run_validation(self, data=serializers.empty):
        try:
            return super().run_validation(data)
        except serializers.DjangoValidationError as error:
            raise serializers.ValidationError(error.messages) from None


@extend_schema_field(
    {"type": "string", "pattern": f"^({DATE_PATTERN}|{PERIOD_PATTERN})$", "examples": ["2022", "2022-H1", "2022-08"]}
)
class PeriodText(PartialDateText):
    field = PeriodField()


class FactList(serializers.ListSerializer):
    """Facts of one record. Asked about a day, those that held then, for certain or possibly."""

    default_error_messages = {
        "max_length": _(
            "A list has at most {max_length} rows. Write more of them one by one, each to its own address."
        ),
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": settings.API_ROWS_PER_LIST, **kwargs})

    def to_representation(self, data):
        rows = data.all() if isinstance(data, models.Manager) else data
        if not rows:
            return []
        on = self.context.get("on")
        if on and issubclass(self.child.Meta.model, Dated):
            rows = [row for row in rows if row.certainty_on(on)]
        return [self.child.to_representation(row) for row in rows]

    def run_child_validation(self, data):
        # An item with an id changes what it names of that row; one without is a new row and has to be whole.
        root = self.root
        partial, root.partial = root.partial, isinstance(data, dict) and "id" in data
        try:
            return super().run_child_validation(data)
        finally:
            root.partial = partial


class KnownFieldsOnly:
    """Refuses a field that there is not: one that was misspelt would be lost without a word."""

    # Fields that are told only when the query asks for them, by the name of what asks.
    told_when: dict[str, str] = {}

    def to_internal_value(self, data):
        errors = {}
        if isinstance(data, Mapping):
            known = {*self.fields, *self.told_when}
            unknown = [name for name in data if name not in known]
            for name in unknown[:MAX_TOLD]:
                errors[name] = [_("There is no such field.") + self._hint(name, known)]
            if len(unknown) > MAX_TOLD:
                more = _("%d more fields are not known.") % (len(unknown) - MAX_TOLD)
                errors[api_settings.NON_FIELD_ERRORS_KEY] = [more]
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**error.detail, **errors}) from None
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def _hint(self, name, known) -> str:
        hinted = self.context.setdefault("hinted", [])
        if len(hinted) == MAX_TOLD:
            return ""
        hinted.append(name)
        return hint(name, known)


class ChangeNote(KnownFieldsOnly, serializers.Serializer):
    """What is kept with a change beside the change itself. Never part of the record."""

    change_reason = Text(
        write_only=True,
        required=False,
        allow_blank=True,
        max_length=500,
        validators=[validate_line],
        help_text=_("Why."),
    )


@extend_schema_field({"type": "string", "format": "date-time"})
class PastInstant(Text):
    """An instant with its offset (RFC 3339) that has come."""

    def to_internal_value(self, data):
        try:
            return read_instant(super().to_internal_value(data), past=True)
        except serializers.DjangoValidationError as error:
            raise serializers.ValidationError(error.messages) from None


class RestoreNote(ChangeNote):
    """To which instant a record is restored, and why."""

    known = PastInstant(help_text=_("The record comes back as it was recorded at this instant."))


class FactSerializer(KnownFieldsOnly, serializers.ModelSerializer):
    """One row of a record, known inside it by `id`."""

    serializer_choice_field = Choice
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: Text,
        models.TextField: Text,
        models.SlugField: Slug,
        models.URLField: WebAddress,
        models.BooleanField: YesNo,
        models.DecimalField: Number,
        ExactDecimalField: ExactNumber,
        models.PositiveSmallIntegerField: WholeNumber,
        PartialDateField: PartialDateText,
        PeriodField: PeriodText,
    }
    told_when = {"certainty": "on"}
    # Fields told of every record of the class, after those in Meta.
    also: tuple[str, ...] = ()
    # The one field that an item of a list may be written as, instead of an object.
    shorthand = ""

    def __init_subclass__(cls):
        if hasattr(cls, "Meta"):
            cls.Meta.list_serializer_class = FactList
            # What the record is in the world is what a reader of the API wants to know.
            cls.__doc__ = cls.__doc__ or cls.Meta.model.__doc__

    def get_field_names(self, declared_fields, info):
        names = [*self.Meta.fields, *(name for name in self.also if name not in self.Meta.fields)]
        return [*names, "certainty"] if issubclass(self.Meta.model, Dated) else names

    def get_fields(self):
        fields = super().get_fields()
        for name, asked in self.told_when.items():
            if not (self.context.get(asked) or self.context.get("describing")):
                fields.pop(name, None)
        return fields

    @cached_property
    def steps(self):
        return steps_of(self)

    def to_representation(self, record):
        return told(record, self.steps)

    def build_field(self, field_name, info, model_class, nested_depth):
        if field_name == "certainty":
            return CertaintyField, {}
        if field_name == "id" and not isinstance(self, RecordSerializer):
            return WholeNumber, {"required": False, "min_value": 1, "max_value": 2**63 - 1}
        return super().build_field(field_name, info, model_class, nested_depth)

    def build_standard_field(self, field_name, model_field):
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        # What is unique is the model's own rule, and is checked with all its others.
        if "validators" in kwargs:
            kwargs["validators"] = [each for each in kwargs["validators"] if not isinstance(each, UniqueValidator)]
        return field_class, kwargs

    def build_relational_field(self, field_name, relation_info):
        _field_class, kwargs = super().build_relational_field(field_name, relation_info)
        kwargs = {name: value for name, value in kwargs.items() if name in ("required", "allow_null", "help_text")}
        return reference_to(relation_info.related_model), kwargs

    def get_uniqueness_extra_kwargs(self, field_names, declared_fields, extra_kwargs):
        return extra_kwargs, {}

    def get_validators(self):
        return []

    def to_internal_value(self, data):
        return super().to_internal_value({self.shorthand: data} if self.shorthand and isinstance(data, str) else data)

    @classmethod
    @cache
    def told_fields(cls) -> list[str]:
        """The names of the fields that are told of each record without being asked for."""
        fields = cls(context={"describing": True}).fields
        return [name for name, field in fields.items() if not field.write_only and name not in cls.told_when]

    @classmethod
    @cache
    def asked_fields(cls) -> dict[str, str]:
        """The fields that are told only when asked for, by the name of what asks, in the order of the record."""
        fields = cls(context={"describing": True}).fields
        return {name: cls.told_when[name] for name in fields if name in cls.told_when}


class CertaintyField(serializers.ChoiceField):
    """Whether the fact held on the day asked about, for certain or possibly."""

    def __init__(self):
        super().__init__(
            Certainty.choices,
            source="*",
            read_only=True,
            allow_null=True,
            help_text=_(
                "Told when asked with `on`: whether it held that day for certain, or possibly; null if it did not."
            ),
        )

    def to_representation(self, fact):
        # Lists leave out what did not hold; a fact asked for by itself may not have.
        certainty = fact.certainty_on(self.context["on"])
        return certainty and str(certainty)


class RecordSerializer(ChangeNote, FactSerializer):
    """A record of its own, with its address; written with its lists of facts, all or nothing."""

    also = ("change_reason",)
    route = ""

    def get_field_names(self, declared_fields, info):
        names = super().get_field_names(declared_fields, info)
        return [*names[:1], "url", *names[1:]]

    def build_field(self, field_name, info, model_class, nested_depth):
        if field_name == "url":
            return Address, {"route": self.route, "key": key_of(self.Meta.model)}
        return super().build_field(field_name, info, model_class, nested_depth)

    def validate(self, values):
        """What a record is known by never changes: addresses and citations rest on it."""
        for name in {key_of(self.Meta.model), self.Meta.model.belongs_to} & set(values):
            if self.instance is not None and values[name] != getattr(self.instance, name):
                lasting = getattr(self.instance, name)
                raise serializers.ValidationError({name: [_("This never changes: it stays “%s”.") % lasting]})
        return values

    def create(self, validated_data):
        return write_record(self, self.Meta.model(), validated_data)

    def update(self, instance, validated_data):
        return write_record(self, instance, validated_data)
