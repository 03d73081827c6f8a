"""Writes the schemas of all aten operators but the out= variants, one a line, as libtorch's dispatcher knows them.

usage: python list_schemas.py > ../data/aten-schemas.txt      (torch 2.13.0; the list is checked in)
"""
import torch

print(f"# aten operators without out= variants, libtorch {torch.__version__.split('+')[0]}; written by list_schemas.py")
for name in sorted(n for n in torch._C._dispatch_get_all_op_names() if n.startswith("aten::")):
    base, _, overload = name.partition(".")
    schema = torch._C._get_schema(base, overload)
    if not any(a.is_out for a in schema.arguments):
        print(schema)
