"""`manage.py render_documents`: all documents that wait, or that another release has rendered."""

import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from core.documents import BATCH, are_marked, distrust_documents, outdated_documents, render_and_keep


class Command(BaseCommand):
    help = "Renders the documents that the API answers with: those that wait, or that another release has rendered."

    def add_arguments(self, parser):
        parser.add_argument("--all", action="store_true", help="all documents, not only those that wait")
        parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many processes (all processors)")

    def handle(self, *, jobs, verbosity, **options):
        if not are_marked():
            raise CommandError("The database has no documents yet. Run: manage.py migrate")
        if jobs < 1:
            raise CommandError(f"{jobs} processes will not do. Choose 1 or more.")
        if options["all"]:
            distrust_documents()
        rows = list(outdated_documents())
        batches = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
        started, done = time.monotonic(), 0
        for rendered in _render(batches, jobs):
            done += rendered
            if verbosity and self.stdout.isatty():
                self.stdout.write(f"\r{done:,} of {len(rows):,} documents", ending="")
                self.stdout.flush()
        if verbosity:
            end = "\r" if self.stdout.isatty() else ""
            self.stdout.write(f"{end}{done:,} documents rendered in {time.monotonic() - started:.1f} s.")


def _render(batches, jobs):
    if jobs == 1 or len(batches) < 2:
        yield from map(render_and_keep, batches)
        return
    # Each process has a connection of its own.
    connections.close_all()
    with ProcessPoolExecutor(jobs, get_context("fork")) as pool:
        yield from pool.map(render_and_keep, batches)
