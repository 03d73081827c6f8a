"""Makes llama.pt2, a language model with a cache, and llama-whole.pt2, the same without one, both with random weights, and generation.json: the tokens
that transformers generates with the same weights.

    python generation.py OUT

Needs torch 2.13, transformers 5.18. Traces and names of Python's modules are left out of the archives, which makes them a tenth as large.
"""
import json
import pathlib
import sys
import tempfile
import zipfile

import torch
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.integrations.executorch import convert_and_export_with_cache

out = pathlib.Path(sys.argv[1])
LENGTH, VOCABULARY = 48, 60
PROMPT = [1, 5, 7, 9]


def model():
    torch.manual_seed(0)
    config = LlamaConfig(vocab_size=VOCABULARY, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=4,
                         num_key_value_heads=2, max_position_embeddings=LENGTH, initializer_range=0.3)
    return LlamaForCausalLM(config).eval()


def save(program, name):
    file = pathlib.Path(tempfile.mkdtemp()) / "whole.pt2"
    torch.export.save(program, file)
    with zipfile.ZipFile(file) as whole, zipfile.ZipFile(out / name, "w") as small:
        for entry in whole.namelist():
            data = whole.read(entry)
            if entry.endswith("models/model.json"):
                text = json.loads(data)
                for node in text["graph_module"]["graph"]["nodes"]:
                    node["metadata"] = {}
                text["graph_module"]["module_call_graph"] = text["graph_module"]["module_call_graph"][:1]
                data = json.dumps(text, separators=(",", ":")).encode()
            if "sample_inputs" not in entry:
                small.writestr(zipfile.ZipInfo(entry), data)


cached = model()
cached.generation_config.use_cache = True
cached.generation_config.cache_implementation = "static"
cached.generation_config.cache_config = {"batch_size": 1, "max_cache_len": LENGTH}
length = torch.export.Dim("length", max=LENGTH - 1)
ids = torch.tensor([PROMPT])
with torch.no_grad():
    save(convert_and_export_with_cache(cached, ids, torch.arange(len(PROMPT)),
                                       dynamic_shapes={"input_ids": {1: length}, "cache_position": {0: length}}), "llama.pt2")


class Whole(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = model()

    def forward(self, input_ids):
        return self.model(input_ids=input_ids, use_cache=False).logits


with torch.no_grad():
    save(torch.export.export(Whole().eval(), (ids,), dynamic_shapes={"input_ids": {1: torch.export.Dim("length", max=LENGTH)}}, strict=False),
         "llama-whole.pt2")

whole, cases = model(), []
for options in [{"do_sample": False}, {"do_sample": False, "repetition_penalty": 1.8}, {"do_sample": True, "top_k": 0},
                {"do_sample": True, "temperature": 0.6, "top_k": 0}, {"do_sample": True, "top_k": 5}, {"do_sample": True, "top_k": 0, "top_p": 0.8},
                {"do_sample": True, "top_k": 0, "min_p": 0.1},
                {"do_sample": True, "temperature": 1.3, "top_k": 30, "top_p": 0.95, "min_p": 0.02, "repetition_penalty": 1.2}]:
    torch.manual_seed(3)
    tokens = whole.generate(ids, max_new_tokens=40, eos_token_id=2, pad_token_id=0, **options)[0, len(PROMPT):]
    cases.append({**options, "tokens": tokens.tolist()})
(out / "generation.json").write_text(json.dumps({"prompt": PROMPT, "seed": 3, "tokens": 40, "stop": 2, "cases": cases}, indent=1) + "\n")
