"""Exports models of other libraries with random weights, and what they compute, for WorldTest to load in Java.

    python world.py resnet50 torchvision|timm FOLDER    # torch 2.13, and torchvision or timm
    python world.py bert FOLDER                         # transformers

`resnet50` writes weights.pt (torch.save of the state dict) and weights.safetensors; `bert` writes what save_pretrained does, whole under
whole/ and in pieces with an index under sharded/. Both write expected.safetensors: the inputs by their names, and "logits" in evaluation
mode. Weights are the libraries' own initial ones, but for normalisation layers, which would otherwise do next to nothing. Ends with status 3
and a sentence if a package is missing.
"""
import sys
from pathlib import Path

try:
    import torch
    from safetensors.torch import save_file
except ImportError as e:
    print(e)
    sys.exit(3)

CLASSES = 10


def resnet50(library):
    try:
        import torchvision
    except RuntimeError as e:                   # it is there, without its operators
        raise ImportError(f"torchvision cannot be imported: {e}") from e
    if library == "timm":
        import timm
        return timm.create_model("resnet50", num_classes=CLASSES)
    return torchvision.models.resnet50(num_classes=CLASSES)


def unsettle(model):
    for m in model.modules():
        if isinstance(m, (torch.nn.BatchNorm2d, torch.nn.LayerNorm)):
            m.weight.uniform_(0.5, 1)
            m.bias.normal_(0, 0.1)
        if isinstance(m, torch.nn.BatchNorm2d):
            m.running_mean.normal_(0, 0.1)
            m.running_var.uniform_(0.5, 1.5)
    return model.eval()


def export_resnet50(library, folder):
    model = unsettle(resnet50(library))
    images = torch.randn(2, 3, 96, 96)
    torch.save(model.state_dict(), folder / "weights.pt")
    save_file(model.state_dict(), folder / "weights.safetensors")
    save_file({"images": images, "logits": model(images)}, folder / "expected.safetensors")


def export_bert(folder):
    from transformers import BertConfig, BertForSequenceClassification
    config = BertConfig(vocab_size=97, hidden_size=64, num_hidden_layers=3, num_attention_heads=4, intermediate_size=128, max_position_embeddings=32, num_labels=5,
                        initializer_range=0.2)
    model = unsettle(BertForSequenceClassification(config))
    model.save_pretrained(folder / "whole")
    model.save_pretrained(folder / "sharded", max_shard_size="100KB")
    tokens = torch.randint(1, 97, (4, 20))
    mask = (torch.arange(20) < torch.tensor([20, 13, 7, 1])[:, None]).long()
    types = (torch.arange(20) >= torch.tensor([8, 6, 7, 20])[:, None]).long()
    tokens = tokens * mask                      # padding is token 0, as tokenizers write it
    save_file({"tokens": tokens, "mask": mask, "types": types, "logits": model(tokens, attention_mask=mask, token_type_ids=types).logits},
              folder / "expected.safetensors")


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    try:
        import torchvision_cpu  # noqa: F401, where torchvision's own operators are missing
    except ImportError:
        pass
    try:
        with torch.no_grad():
            export_bert(Path(sys.argv[2])) if sys.argv[1] == "bert" else export_resnet50(sys.argv[2], Path(sys.argv[3]))
    except ImportError as e:
        print(e)
        sys.exit(3)


if __name__ == "__main__":
    main()
