"""Exports any architecture of timm or transformers with random weights, for panatorch.zoo.Main, which names them one after the other.

    python exported_zoo.py timm|transformers FOLDER

Prints the names of all architectures as a JSON list. Then, for every line with a name, writes FOLDER/model.pt2 and FOLDER/model.safetensors
(the inputs by their names in the signature, the outputs as "out0" …) and prints a JSON object with the outcome: "exported", or what Python
cannot do and why. Configurations of transformers are made small; of timm, models of more than 60 million parameters are left out.
"""
import contextlib
import inspect
import json
import sys
import warnings
from pathlib import Path

import torch
import torch.utils._pytree as pytree
from exported_models import declare_operators, save

LARGEST = 60_000_000
SMALL = dict(
    vocab_size=100, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=64, head_dim=8,
    max_position_embeddings=64, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4,
    encoder_ffn_dim=64, decoder_ffn_dim=64, n_embd=32, n_layer=2, n_head=4, n_positions=64, dim=32, n_layers=2, n_heads=4, hidden_dim=64,
    num_layers=2, num_heads=4, d_ff=64, d_kv=8, ffn_dim=64, image_size=32, patch_size=8, word_embed_proj_dim=32, embedding_size=16,
    projection_dim=16, num_experts=4, num_local_experts=4, n_routed_experts=4, num_experts_per_tok=2, pad_token_id=0, bos_token_id=1,
    eos_token_id=2, decoder_start_token_id=0, use_cache=False)
# what is left out of it in turn, until a model can be made: sizes that some configurations derive from others
LEFT_OUT = ((), ("head_dim", "num_key_value_heads", "d_kv", "image_size", "patch_size"), tuple(k for k in SMALL if "layers" not in k and k != "use_cache"))


def timm_names():
    import timm
    return timm.list_models()


def timm_model(name):
    import timm
    try:
        with torch.device("meta"):
            count = sum(p.numel() for p in timm.create_model(name, num_classes=10).parameters())
    except NotImplementedError:  # models that compute when they are made
        count = sum(p.numel() for p in timm.create_model(name, num_classes=10).parameters())
    if count > LARGEST:
        return f"too large: {count} parameters"
    model = timm.create_model(name, num_classes=10)
    config = model.pretrained_cfg
    size = config["input_size"][1:] if config.get("fixed_input_size") else (96, 96)
    return model, (torch.randn(1, config["input_size"][0], *size),), {}


def transformers_names():
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES
    from transformers.models.auto.modeling_auto import MODEL_MAPPING_NAMES
    return sorted(n for n in CONFIG_MAPPING_NAMES if n in MODEL_MAPPING_NAMES)


def small(cls, left_out):
    standard = cls()
    config = cls(**{k: v for k, v in SMALL.items() if k not in left_out and k in standard.to_dict() and not isinstance(getattr(standard, k, None), (list, tuple))})
    for name in ("text_config", "vision_config", "audio_config", "encoder", "decoder"):
        part = getattr(config, name, None)
        if part is not None and hasattr(part, "to_dict"):
            setattr(config, name, small(type(part), left_out))
    return config


def transformers_model(name):
    failure = None
    for left_out in LEFT_OUT:
        try:
            made = made_small(name, left_out)
            if not isinstance(made, str):
                run(*made)
            return made
        except Exception as e:
            failure = failure or e
    raise failure


def made_small(name, left_out):
    import transformers
    config = small(transformers.CONFIG_MAPPING[name], left_out)
    with torch.device("meta"):
        count = sum(p.numel() for p in transformers.AutoModel.from_config(config).parameters())
    if count > LARGEST:
        return f"too large: {count} parameters"
    model = transformers.AutoModel.from_config(config)
    vision = getattr(config, "vision_config", config)
    size = getattr(vision, "image_size", 32)
    size = size if isinstance(size, int) else size[0] if size else 32
    ids = torch.randint(3, 90, (1, 8))
    every = dict(input_ids=ids, attention_mask=torch.ones_like(ids), decoder_input_ids=ids[:, :4], input_values=torch.randn(1, 2000),
                 pixel_values=torch.randn(1, getattr(vision, "num_channels", 3), size, size),
                 input_features=torch.randn(1, getattr(config, "num_mel_bins", 80), 200))
    taken = inspect.signature(model.forward).parameters
    audio_or_image = any(k in taken for k in ("input_values", "pixel_values", "input_features"))
    kwargs = {k: v for k, v in every.items() if k in taken and not (k == "attention_mask" and audio_or_image and "input_ids" not in taken)}
    if "decoder_input_ids" in kwargs and not getattr(config, "is_encoder_decoder", False):
        del kwargs["decoder_input_ids"]
    return model, (), kwargs


def run(model, args, kwargs):
    model.eval()
    with torch.no_grad():
        model(*pytree.tree_map(torch.clone, args), **pytree.tree_map(torch.clone, kwargs))


def attempt(name, make, folder):
    try:
        torch.manual_seed(1)
        made = make(name)
        if isinstance(made, str):
            return made
        model, args, kwargs = made
        run(model, args, kwargs)
    except Exception as e:
        return f"not made: {type(e).__name__} {e}"
    try:
        with torch.no_grad():
            save("model", folder, model, args, kwargs, with_rounding=True)
        return "exported"
    except Exception as e:
        return f"not exported: {type(e).__name__} {e}"


def main():
    package, folder = sys.argv[1], Path(sys.argv[2])
    warnings.filterwarnings("ignore")
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        library = declare_operators()  # the operators live as long as it
        names, make = {"timm": (timm_names, timm_model), "transformers": (transformers_names, transformers_model)}[package]
        print(json.dumps(names()), file=answers, flush=True)
        for line in sys.stdin:
            print(json.dumps({"outcome": " ".join(attempt(line.strip(), make, folder).split())[:300]}), file=answers, flush=True)


if __name__ == "__main__":
    main()
