"""Runs a Python function over the Runtime API, with the standard library alone.

Logging goes to stdout as AWS's own client writes it: level, time, request id and message, or JSON lines.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback

API = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
AS_JSON = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
current = {"id": None}


def call(method, path, body=None, headers=None):
    API.request(method, "/2018-06-01/runtime/" + path, body, headers or {})
    response = API.getresponse()
    return response, response.read()


class Formatter(logging.Formatter):
    converter = time.gmtime

    def format(self, record):
        stamp = self.formatTime(record, "%Y-%m-%dT%H:%M:%S")
        message = record.getMessage()
        if AS_JSON:
            line = {"timestamp": stamp + "Z", "level": record.levelname, "message": message, "logger": record.name, "requestId": current["id"]}
            if record.exc_info:
                line["errorType"] = record.exc_info[0].__name__
                line["errorMessage"] = str(record.exc_info[1])
                line["stackTrace"] = traceback.format_tb(record.exc_info[2])
            return json.dumps({key: value for key, value in line.items() if value is not None})
        text = "[%s]\t%s.%03dZ\t%s\t%s" % (record.levelname, stamp, record.msecs, current["id"], message)
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return text


class Context:
    def __init__(self, headers):
        env = os.environ
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = env["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = env["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = env["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = env["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        client = headers.get("Lambda-Runtime-Client-Context")
        self.client_context = json.loads(client) if client else None
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))


def report(path, error):
    kind = getattr(error, "runtime_error_type", type(error).__name__)
    body = {"errorMessage": str(error), "errorType": kind, "requestId": current["id"] or "", "stackTrace": traceback.format_tb(error.__traceback__)}
    title = "[ERROR] %s: %s\nTraceback (most recent call last):\n%s" % (kind, error, "".join(body["stackTrace"]))
    if AS_JSON:
        line = {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "level": "ERROR", "log_level": "ERROR", **body}
        title = json.dumps(line)
    print(title, flush=True)
    call("POST", path, json.dumps(body), {"Lambda-Runtime-Function-Error-Type": kind})


def load_handler(text):
    module, _, name = text.rpartition(".")
    if not module:
        error = ValueError("Bad handler '%s': not enough values to unpack" % text)
        error.runtime_error_type = "Runtime.MalformedHandlerName"
        raise error
    try:
        return getattr(importlib.import_module(module.replace("/", ".")), name)
    except ImportError as error:
        error.runtime_error_type = "Runtime.ImportModuleError"
        raise
    except AttributeError as error:
        error.runtime_error_type = "Runtime.HandlerNotFound"
        raise


def main():
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    sys.stdout.reconfigure(line_buffering=True)
    handler_out = logging.StreamHandler(sys.stdout)
    handler_out.setFormatter(Formatter())
    logging.getLogger().addHandler(handler_out)
    if AS_JSON:
        logging.getLogger().setLevel(os.environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO"))
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except BaseException as error:
        report("init/error", error)
        sys.exit(1)
    while True:
        response, body = call("GET", "invocation/next")
        current["id"] = response.headers["Lambda-Runtime-Aws-Request-Id"]
        os.environ["_X_AMZN_TRACE_ID"] = response.headers.get("Lambda-Runtime-Trace-Id", "")
        try:
            output = json.dumps(handler(json.loads(body), Context(response.headers)))
            call("POST", "invocation/%s/response" % current["id"], output)
        except Exception as error:
            report("invocation/%s/error" % current["id"], error)


main()
