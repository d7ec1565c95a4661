"""Expands a SAM template with AWS's own translator, the oracle of sam-oracle.test.ts.

stdin: {"template": text, "parameters": {...}}; stdout: the CloudFormation template as JSON.
"""

import json
import os
import sys

os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402


class ManagedPolicies:
    def load(self):
        policies = "arn:aws:iam::aws:policy/"
        return {
            "AWSLambdaBasicExecutionRole": policies + "service-role/AWSLambdaBasicExecutionRole",
            "AWSXrayWriteOnlyAccess": policies + "AWSXrayWriteOnlyAccess",
        }


for line in sys.stdin:
    given = json.loads(line)
    answer = transform(yaml_parse(given["template"]), given["parameters"], ManagedPolicies())
    print(json.dumps(answer), flush=True)
