"""Writes the length, range and pattern limits of a service's input shapes, as AWS's public API model states them.

  python3 packages/sandbox/test/constraints_of_botocore.py lambda kms logs:cloudwatchlogs …

One file a service, below core/wire/constraints, under the name that the sandbox has for it after the colon. The model is botocore's (Apache-2.0, Amazon.com, Inc.); the JavaScript
SDK's schemas, on which the wire layer stands, leave these limits out.
"""

import json
import pathlib
import sys

import botocore.session

FOLDER = pathlib.Path(__file__).parent.parent / "src/core/wire/constraints"
LIMITS = ("min", "max", "pattern")
# AWS's own model is ahead of the published one: recordings of its answers have the European sovereign cloud's regions.
AHEAD = {"([a-z]{2}((-gov)": "((eusc-)?[a-z]{2}((-gov)"}

# Limits that a service checks itself, and tells in its own words.
OWN = {"logs": {("LogGroupName", "max"), ("LogStreamName", "max"), ("MetricTransformations", "max")}}


def constraints_of(name):
    model = botocore.session.get_session().get_service_model(name)
    shapes = {}

    def visit(shape):
        """The name under which a shape that limits something stands, or None."""
        if shape.name in shapes:
            return shape.name if shapes[shape.name] is not None else None
        shapes[shape.name] = None
        known = {limit: shape.metadata[limit] for limit in LIMITS if limit in shape.metadata}
        known = {limit: value for limit, value in known.items() if (shape.name, limit) not in OWN.get(name, ())}
        for published, answered in AHEAD.items():
            if "pattern" in known:
                known["pattern"] = known["pattern"].replace(published, answered)
        if shape.metadata.get("sensitive"):
            known["sensitive"] = True
        if shape.type_name == "structure":
            members = {key: visit(member) for key, member in shape.members.items()}
            known["members"] = {key: value for key, value in members.items() if value}
            if shape.required_members:
                known["required"] = list(shape.required_members)
        if shape.type_name == "list":
            known["item"] = visit(shape.member)
        if shape.type_name == "map":
            known["key"], known["value"] = visit(shape.key), visit(shape.value)
        known = {key: value for key, value in known.items() if value not in (None, {})}
        if set(known) - {"sensitive"}:
            shapes[shape.name] = known
            return shape.name
        return None

    operations = {}
    for operation in model.operation_names:
        shape = model.operation_model(operation).input_shape
        if shape is not None and visit(shape):
            operations[operation] = shape.name
    return {"operations": operations, "shapes": {key: value for key, value in shapes.items() if value}}


for argument in sys.argv[1:]:
    service, _, name = argument.partition(":")
    text = json.dumps(constraints_of(service), indent=1, sort_keys=True, ensure_ascii=False)
    (FOLDER / f"{name or service}.json").write_text(text + "\n")
