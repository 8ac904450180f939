#!/usr/bin/env python
import os
import sys
from uuid import uuid4


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django_guid.context import guid

    # all lines that one command writes have one number, as those of one request
    guid.set(uuid4().hex)

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # it says what to do; where Django found it does not help
        sys.exit(f"ImproperlyConfigured: {error}")
    except Exception as error:
        from core.faults import BUSY, fault_of

        fault = fault_of(error)
        # much that is a mistake in code or SQL is told as if somebody else were writing
        if fault is None or fault is BUSY:
            raise
        said = (str(error).splitlines() or [""])[0]
        sys.exit(f"{fault.name}: {said}. {fault.advice}")


if __name__ == "__main__":
    main()
