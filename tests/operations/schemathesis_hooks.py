"""What schemathesis is told beside the schema; it runs in a process of its own (see test_schemathesis.py)."""

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """Leave out `fields` and `omit`, which take out what the schema calls required: we test them ourselves."""
    if case.query and case.meta and case.meta.generation.mode.is_positive:
        for name in ("fields", "omit"):
            case.query.pop(name, None)
