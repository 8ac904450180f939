"""What schemathesis is told beside the schema; it runs in a process of its own (see test_schemathesis.py)."""

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """Leave out `fields` and `omit`, which take out what the schema calls required: we test them ourselves. Those that
    name what there is not are left in where a request shall be refused.
    """
    for parameter in case.operation.definition.raw.get("parameters", ()):
        name = parameter["name"]
        if name not in ("fields", "omit") or name not in (case.query or ()):
            continue
        asked, known = case.query[name], parameter["schema"]["items"]["enum"]
        names = asked if isinstance(asked, list) else str(asked).split(",")
        if case.meta is None or case.meta.generation.mode.is_positive or all(each in known for each in names):
            del case.query[name]
