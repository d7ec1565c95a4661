"""Calls every operation of the given services through botocore with random typed input, and checks the typed output.

Spoken over stdin and stdout, one JSON value a line; botocore.ts is the other side:
  first line in:   {"url", "region", "accessKeyId", "secretAccessKey", "services": [{"serviceId", "name"}]}
  ask out:         {"ask": {"serviceId", "operation", "input", "error"}}   error: name of the modelled error wanted
  answer in:       {"known", "output"}                                     what the server will answer
  outcome out:     {"outcome": {"client", "problems"}}                     of the call just made
Dates travel as {"$date": milliseconds}, bytes as {"$bytes": hexadecimal digits}.
"""

import datetime
import json
import random
import sys

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

TEXTS = ["plain", 'with space & <tag> "q"', "uni\u00e9\u2713", "a/b+c=d", "x" * 40]
PLAIN = ["plain", "a-b"]
FULL_DEPTH = 2
MOST_DEPTH = 6
# What botocore itself rewrites on its way out, so that no random value can stand there.
REWRITTEN = {
    "S3": ("Checksum", "SSECustomer", "CopySourceSSECustomer", "ContentMD5", "ContentLength", "MFA", "CopySource"),
    "EventBridge": ("EndpointId",),
    "EC2": ("UserData", "PresignedUrl"),
}
rng = random.Random(3)


def say(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def hear():
    return json.loads(sys.stdin.readline())


def sample(shape, depth=0, location=None):
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return None
    if kind == "structure":
        if getattr(shape, "is_tagged_union", False):
            name = rng.choice(list(shape.members))
            value = None if depth > MOST_DEPTH else sample(shape.members[name], depth + 1)
            return None if value is None else {name: value}
        fields = {}
        needed = set(shape.required_members)
        if shape.members and not needed and depth <= MOST_DEPTH:
            # A form can't tell an empty structure from none at all: one member is always there.
            needed.add(rng.choice(list(shape.members)))
        for name, member in shape.members.items():
            traits = member.serialization
            if traits.get("jsonvalue") or traits.get("eventstream"):
                continue
            if name not in needed and (traits.get("streaming") or depth > FULL_DEPTH or rng.random() < 0.35):
                continue
            value = sample(member, depth + 1, traits.get("location"))
            if value is not None:
                fields[name] = value
        return fields
    if kind == "list":
        items = [] if depth > MOST_DEPTH else [sample(shape.member, depth + 1, location) for _ in range(2)]
        return [item for item in items if item not in (None, {})] or None
    if kind == "map":
        keys = getattr(shape.key, "enum", None) or (["ka", "kb"] if location else ["k a", "kb.c"])
        pairs = [] if depth > MOST_DEPTH else [(key, sample(shape.value, depth + 1, location)) for key in keys[:2]]
        return {key: value for key, value in pairs if value is not None} or None
    if kind == "blob":
        return bytes([1, 2, 255, 7])
    if kind == "timestamp":
        return datetime.datetime.fromtimestamp(1700000000 + rng.randrange(10**6), datetime.timezone.utc)
    if kind in ("integer", "long"):
        least = max(1, int(shape.metadata.get("min", 1)))
        return min(int(shape.metadata.get("max", 9000)), least + rng.randrange(100))
    if kind in ("double", "float"):
        return float(rng.randrange(1000)) + 0.5
    if kind == "boolean":
        return rng.random() < 0.5
    if getattr(shape, "enum", None):
        return rng.choice(shape.enum)
    return rng.choice(PLAIN if location in ("header", "headers", "uri") else TEXTS)


def plain(value):
    """As it travels: dates and bytes told apart from text."""
    if isinstance(value, datetime.datetime):
        return {"$date": round(value.timestamp() * 1000)}
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": bytes(value).hex()}
    if hasattr(value, "read"):
        return {"$bytes": value.read().hex()}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def known(value, shape):
    """The part of an expected output that this botocore's model has a place for."""
    if shape is None:
        return {}
    if shape.type_name == "structure" and isinstance(value, dict):
        members = {name: member for name, member in shape.members.items() if not member.serialization.get("jsonvalue")}
        return {name: known(item, members[name]) for name, item in value.items() if name in members}
    if shape.type_name == "list" and isinstance(value, list):
        return [known(item, shape.member) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: known(item, shape.value) for key, item in value.items()}
    return value


def void(value):
    """A form or an XML answer can't tell an empty structure, or a list of them, from nothing."""
    if isinstance(value, dict):
        return all(void(item) for item in value.values())
    if isinstance(value, list):
        return all(void(item) for item in value)
    return value is None


def differences(sent, got, path):
    if void(sent):
        return []
    if isinstance(sent, dict):
        fields = got if isinstance(got, dict) else {}
        return [text for key, item in sent.items() for text in differences(item, fields.get(key), f"{path}.{key}")]
    if isinstance(sent, list):
        if not isinstance(got, list) or len(got) != len(sent):
            return [f"{path}: {sent!r} became {got!r}"[:300]]
        return [text for at, item in enumerate(sent) for text in differences(item, got[at], f"{path}[{at}]")]
    # Markers of S3 are numbers to botocore and text to the SDK.
    same = sent == got or (isinstance(sent, str) and type(got) is int and sent == str(got))
    return [] if same else [f"{path}: {sent!r} became {got!r}"[:300]]


def tame(service_id, shape, fields, url):
    fields = {
        key: value for key, value in fields.items() if not key.startswith(REWRITTEN.get(service_id, ("\0",)))
    }
    if service_id == "S3":
        if "Bucket" in fields:
            fields["Bucket"] = "my-bucket"
        if "Key" in fields:
            fields["Key"] = "a/b c.txt"
        if "CopySource" in shape.required_members:
            fields["CopySource"] = "b/k"
    if service_id == "SQS" and "QueueUrl" in fields:
        fields["QueueUrl"] = f"{url}/111111111111/queue"
    return fields


def call_operation(client, method, model, service_id, url):
    shape = model.input_shape
    fields = tame(service_id, shape, sample(shape) or {}, url) if shape else {}
    say({"ask": {"serviceId": service_id, "operation": model.name, "input": plain(fields)}})
    expected = hear()
    if not expected["known"]:
        return
    problems = []
    try:
        got = getattr(client, method)(**fields)
        metadata = got.pop("ResponseMetadata", {})
        # botocore reads no metadata of a CBOR answer without an output shape.
        if not metadata.get("RequestId") and model.output_shape is not None:
            problems.append("out has no request id")
        problems += differences(known(expected["output"], model.output_shape), plain(got), "out ")
    except Exception as error:
        problems.append(f"threw {type(error).__name__}: {error}"[:400])
    say({"outcome": {"problems": problems}})


def call_error(client, method, operation, error_shape, service_id):
    say({"ask": {"serviceId": service_id, "operation": operation, "error": error_shape.name}})
    if not hear()["known"]:
        return
    problems = []
    try:
        getattr(client, method)()
        problems.append("wasn't raised")
    except ClientError as error:
        told = error.response["Error"]
        if type(error).__name__ != error_shape.name and told["Code"] not in (error_shape.name, error_shape.error_code):
            problems.append(f"arrived as {type(error).__name__} {told['Code']}")
        if told["Message"] != "boom <1>":
            problems.append(f"says {told['Message']}")
        if not error.response["ResponseMetadata"].get("RequestId"):
            problems.append("has no request id")
    except Exception as error:
        problems.append(f"arrived as {type(error).__name__}: {error}"[:400])
    say({"outcome": {"problems": problems}})


def protocols_of(session, name):
    """Every protocol in which this botocore can speak to a service; old callers speak the older ones."""
    metadata = session.get_service_model(name).metadata
    spoken = metadata.get("protocols") or [metadata["protocol"]]
    return [protocol for protocol in spoken if protocol in ("smithy-rpc-v2-cbor", "json", "query", "rest-json", "rest-xml", "ec2")]


def speaking(protocol, url, region, keys, name):
    """A client that is made to speak one of its service's protocols."""
    session = botocore.session.get_session()
    session.set_credentials(*keys)
    loader = session.get_component("data_loader")
    load = loader.load_service_model

    def narrowed(service_name, type_name, api_version=None):
        document = load(service_name, type_name, api_version)
        if type_name == "service-2" and service_name == name:
            metadata = {**document["metadata"], "protocol": protocol, "protocols": [protocol]}
            return {**document, "metadata": metadata}
        return document

    loader.load_service_model = narrowed
    config = Config(
        retries={"max_attempts": 0},
        parameter_validation=False,
        inject_host_prefix=False,
        connect_timeout=10,
        read_timeout=20,
        s3={"addressing_style": "path"},
    )
    return session.create_client(name, region_name=region, endpoint_url=url, config=config)


def main():
    start = hear()
    keys = (start["accessKeyId"], start["secretAccessKey"])
    session = botocore.session.get_session()
    available = set(session.get_available_services())
    for service in start["services"]:
        name, service_id = service["name"], service["serviceId"]
        if name not in available:
            say({"absent": {"serviceId": service_id, "name": name}})
            continue
        for protocol in protocols_of(session, name):
            client = speaking(protocol, start["url"], start["region"], keys, name)
            model = client.meta.service_model
            say({"client": {"name": name, "protocol": protocol}})
            methods = client.meta.method_to_api_mapping
            operations = {operation: model.operation_model(operation) for operation in methods.values()}
            plain_ones = []
            for method, operation in methods.items():
                it = operations[operation]
                call_operation(client, method, it, service_id, start["url"])
                if not (it.input_shape and it.input_shape.required_members):
                    plain_ones.append((method, operation))
            for error_shape in model.error_shapes if plain_ones else []:
                call_error(client, *plain_ones[0], error_shape, service_id)
    say({"end": botocore.__version__})


main()
