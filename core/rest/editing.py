"""What every view does alike that also writes: makes, changes, deletes and restores records, and overwrites nobody."""

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError as BadBody
from rest_framework.response import Response

from core.history import current_change
from core.rest.changes import changes_since
from core.rest.conditional import require_match, with_version
from core.rest.errors import Conflict, PreconditionFailed
from core.rest.policies import MayRestore
from core.rest.references import address_of, record_ever
from core.rest.serializers import RestoreNote
from core.rest.views import RecordViewSet
from core.restoring import restore


class WritableRecordViewSet(RecordViewSet):
    """Records that can be written too, by those who have the permission."""

    def create(self, request, *args, **kwargs):
        """Make a record, whole: with its lists of facts. References are written by their keys."""
        serializer = self.read_body(self.get_serializer(data=request.data))
        self.lock_owner(serializer.validated_data.get(self.queryset.model.belongs_to))
        record = self.write(serializer)
        response = self.tell_written(record.pk, status.HTTP_201_CREATED)
        response["Location"] = address_of(serializer.context, self.route, getattr(record, self.key))
        return response

    def update(self, request, *args, partial=False, **kwargs):
        """Put back a record that was read and edited. A list replaces the one there was: an item with an `id` changes
        that row, one without makes a new row, and rows not named go. What is not given at all stays as it is. Fields
        that are only read may stand in the body as they were told; they are passed over.
        """
        record = self.locked()
        serializer = self.read_body(self.get_serializer(record, data=request.data, partial=partial))
        return self.tell_written(self.write(serializer).pk)

    def partial_update(self, request, *args, **kwargs):
        """Change the fields and lists that are given, and leave all others alone. Lists are replaced as with PUT."""
        return self.update(request, *args, partial=True, **kwargs)

    def destroy(self, request, *args, **kwargs):
        """Delete a record with its facts, unless others refer to it. The history keeps what it was."""
        record = self.locked(no_key=False)
        note = self.read_body(self.note_class(data=request.data, context=self.get_serializer_context()))
        record.delete()
        self.after_write(note.validated_data)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=RestoreNote)
    @action(detail=True, methods=["post"], permission_classes=[MayRestore])
    def restore(self, request, **kwargs):
        """Bring a record with its facts and citations back to what was recorded at the instant `known`, also one that
        has been deleted. It is a change like any other. For stewards: it takes the permissions to add, change and
        delete, of a fact also those of the record that it belongs to, and for each row that it writes the one for that.
        With `If-Match`, only that version is restored from.
        """
        model = self.queryset.model
        note = self.read_body(RestoreNote(data=request.data, context=self.get_serializer_context())).validated_data
        key = self.locked_key(note["known"])
        try:
            restore(model, key, note["known"], person=request.user, reason=note.get("change_reason", ""))
        except ValidationError as error:
            if getattr(error, "code", "") == "not_recorded":
                raise BadBody({"known": error.messages}) from None
            conflict = Conflict()
            conflict.errors = [{"pointer": "#", "detail": message} for message in error.messages]
            raise conflict from None
        return self.tell_written(key)

    def locked_key(self, instant):
        """The primary key of the record that the address meant at `instant`, locked when it is there."""
        model = self.queryset.model
        record = record_ever(model, self.kwargs[self.lookup_field], instant)
        if record is None:
            return self.find(model.objects.none()).pk
        if model.objects.filter(pk=record.pk).exists():
            return self.locked(conditional="If-Match" in self.request.headers).pk
        if "If-Match" in self.request.headers:
            raise PreconditionFailed()
        return record.pk

    def read_body(self, serializer):
        serializer.is_valid(raise_exception=True)
        return serializer

    def write(self, serializer):
        """Save what the body tells, and what it tells of the change."""
        told = dict(serializer.validated_data)
        record = serializer.save()
        self.after_write(told)
        return record

    def tell_written(self, key, code=status.HTTP_200_OK):
        """The answer that tells what is there now, as any reader will see it; a document is then rendered but once."""
        if documents := self.documents():
            for text in documents.texts([str(key)]).values():
                return self.tell_text(text, code)
        return self.tell(with_version(self.get_queryset()).get(pk=key), code)

    def after_write(self, told: dict):
        """Keep with the change what the body tells of it."""
        current_change().reason = told.get("change_reason", "")

    def locked(self, *, conditional=True, no_key=True):
        """The record of the address, for this transaction alone, when the client knows its latest version.

        With `no_key`, others may refer to it meanwhile. If they had to wait, two who make their records refer to each
        other would each wait for the other.
        """
        model = self.queryset.model
        record = self.find(model.objects.all())
        if model.belongs_to:
            self.lock_owner(getattr(record, model.belongs_to))
        record = self.find(model.objects.select_for_update(no_key=no_key))
        if conditional:
            try:
                require_match(self.request, record)
            except PreconditionFailed as stale:
                if stale.version is not None:
                    stale.errors = changes_since(record, stale.version)
                raise
        return record

    def lock_owner(self, owner):
        # First the record, then its facts, in every writer: whoever edits the whole record sees what was done here.
        if owner is not None:
            type(owner).objects.select_for_update(no_key=True).filter(pk=owner.pk).first()
