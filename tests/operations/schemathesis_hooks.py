"""What schemathesis is told beside the schema; it runs in a process of its own (see test_schemathesis.py)."""

import schemathesis


@schemathesis.hook
def map_query(context, query):
    """Leave out `fields` and `omit`, which take out of an answer what its schema calls required: tests of ours try them."""
    return {name: value for name, value in query.items() if name not in ("fields", "omit")} if query else query
