"""Other people's edits, under way while a test looks."""

import threading
from contextlib import contextmanager

from django.db import connection

from core.history import change


@contextmanager
def open_edit(write, then=lambda: None):
    """Another person's edit: `write` done and not committed inside the block; `then` done before it is, at its end."""
    written, done = threading.Event(), threading.Event()

    def edit():
        try:
            with change(reason="slow"):
                write()
                written.set()
                done.wait(20)
                then()
        finally:
            connection.close()

    thread = threading.Thread(target=edit)
    thread.start()
    try:
        assert written.wait(20)
        yield
    finally:
        done.set()
        thread.join()
