"""Checks a description in OpenAPI's format, and answers against it.

    python openapi.py DESCRIPTION ANSWERS    # files of JSON; prints every fault, and ends with 1 if there is one

ANSWERS is an array of {path, method, status, type, body} with paths as the description has them. It needs openapi-spec-validator.
"""
import json
import sys

from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

document = json.load(open(sys.argv[1]))
answers = json.load(open(sys.argv[2]))
faults = [f"{list(e.path)}: {e.message}" for e in OpenAPIV30SpecValidator(document).iter_errors()]


def resolved(part):
    while "$ref" in part:
        name = part["$ref"]
        part = document
        for key in name.removeprefix("#/").split("/"):
            part = part[key]
    return part


for a in answers:
    what = f"{a['method'].upper()} {a['path']} {a['status']}"
    responses = document["paths"][a["path"]][a["method"]]["responses"]
    if str(a["status"]) not in responses:
        faults.append(f"{what}: only {list(responses)} are described")
        continue
    content = resolved(responses[str(a["status"])])["content"]
    if a["type"] not in content:
        faults.append(f"{what}: {a['type']} is not among {list(content)}")
    elif a["type"] == "application/json":
        validator = OAS30Validator({"allOf": [content[a["type"]]["schema"]], "components": document["components"]})  # where references lead
        faults += [f"{what}: {e.message}" for e in validator.iter_errors(json.loads(a["body"]))]

missing = {(p, m) for p, item in document["paths"].items() for m in item if m != "parameters"} - {(a["path"], a["method"]) for a in answers}
faults += [f"{m.upper()} {p}: no answer was checked" for p, m in sorted(missing)]
print("\n".join(faults))
sys.exit(1 if faults else 0)
