"""AWS's own translator of serverless templates, the oracle of the SAM tests: one process for many templates.

stdin: a JSON object a line, {"template": {...} or YAML text, "parameters": {...}};
stdout: a JSON object a line, {"template": {...}} or {"refused": "why"}.
"""

import json
import logging
import os
import sys

os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
logging.disable(logging.CRITICAL)
import boto3  # noqa: E402
from samtranslator.model.exceptions import InvalidDocumentException  # noqa: E402
from samtranslator.policy_template_processor.processor import PolicyTemplatesProcessor  # noqa: E402
from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

# What the translator does anew for each template though it is always the same: checking its own policy templates
# against their schema, and making a session that is only asked for the region. Without it a template takes 3 ms, not 60.
session = boto3.session.Session()
boto3.session.Session = lambda: session
PolicyTemplatesProcessor._is_valid_templates_dict = staticmethod(lambda templates, schema=None: True)


class NoMorePolicies:
    """What the translator would ask IAM for beside the policies that it carries."""

    def load(self):
        return {}


def answer(given):
    template = given["template"]
    try:
        document = yaml_parse(template) if isinstance(template, str) else template
        return {"template": transform(document, given["parameters"], NoMorePolicies())}
    except InvalidDocumentException as refusal:
        return {"refused": " ".join(cause.message for cause in refusal.causes)}
    except Exception as failure:  # The service says "Internal transform failure" then.
        return {"refused": f"{type(failure).__name__}: {failure}"}


for line in sys.stdin:
    # Python's YAML takes 2012-10-17 for a date.
    print(json.dumps(answer(json.loads(line)), default=str), flush=True)
