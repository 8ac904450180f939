"""Files that people send in: how large they may be."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.utils.translation import gettext as _

# For the other fields of the form.
BESIDE = 1024**2


class UploadTooLarge(RequestDataTooBig):
    """A form with files that are larger than the registry takes. Says what to do."""


class Limit(FileUploadHandler):
    """Refuses a form with larger files before it is read; what is small enough is for the handlers that follow."""

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):
        if content_length > settings.IMPORT_MEGABYTES * 1024**2 + BESIDE:
            told = _("The file is larger than %d MB. Have it imported on the server: manage.py import_records.")
            raise UploadTooLarge(told % settings.IMPORT_MEGABYTES)

    def receive_data_chunk(self, raw_data, start):
        return raw_data

    def file_complete(self, file_size):
        return None
