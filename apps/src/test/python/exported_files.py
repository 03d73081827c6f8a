"""Makes inputs of exported programs, and compares outputs with Python's, for ExporterTest.

    python exported_files.py folder DIR                       # a small BERT of transformers, with a tokenizer
    python exported_files.py language DIR                     # a small Llama of transformers; prints the words after "a b"
    python exported_files.py inputs MODEL.pt2 IN BATCH LENGTH  # writes random inputs
    python exported_files.py compare MODEL.pt2 IN OUT          # status 1 if OUT differs from what the program returns here

Ends with status 3 and a sentence if a package is missing.
"""
import sys

try:
    import torch
    from safetensors.torch import load_file, save_file
except ImportError as e:
    print(e)
    sys.exit(3)


def folder(where):
    try:
        from tokenizers import Tokenizer, models, pre_tokenizers, processors
        from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast
    except (ImportError, RuntimeError) as e:
        print(e)
        sys.exit(3)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "hello", "film"]
    tokenizer = Tokenizer(models.WordPiece({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]").save_pretrained(where)
    torch.manual_seed(0)
    labels = {0: "negative", 1: "positive"}
    config = BertConfig(vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, max_position_embeddings=16,
                        id2label=labels, label2id={v: k for k, v in labels.items()})
    BertForSequenceClassification(config).eval().save_pretrained(where)


def language(where):
    try:
        from tokenizers import Tokenizer, models, pre_tokenizers
        from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
    except (ImportError, RuntimeError) as e:
        print(e)
        sys.exit(3)
    words = ["[UNK]", *"abcdefghijklmnopqrstuvwxyz"]
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]").save_pretrained(where)
    torch.manual_seed(1)
    model = LlamaForCausalLM(LlamaConfig(vocab_size=27, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
                                         max_position_embeddings=32, initializer_range=0.3, bos_token_id=None, eos_token_id=26)).eval()
    model.save_pretrained(where)
    ids = model.generate(torch.tensor([tokenizer.encode("a b").ids]), max_new_tokens=20, do_sample=False)[0, 2:]
    print(tokenizer.decode(ids.tolist()))


def inputs(program, batch, length):
    made = {}
    for node in program.graph.nodes:
        if node.op != "placeholder" or node.name not in program.graph_signature.user_inputs:
            continue
        value = node.meta["val"]
        free = iter((batch, length))
        shape = [s if isinstance(s, int) else next(free) for s in value.shape]
        made[node.name] = torch.randn(shape) if value.is_floating_point() else torch.ones(shape, dtype=value.dtype)
        if node.name == "input_ids":
            made[node.name] = torch.randint(4, 50, shape)
    return made


def compare(program, given, out):
    names = list(program.graph_signature.user_inputs)
    with torch.no_grad():
        module = program.module()
        try:
            result = module(**given)
        except Exception:  # arguments that are not named
            result = module(*[given[n] for n in names])
    leaves = torch.utils._pytree.tree_flatten(result)[0]
    if len(leaves) != len(out):
        sys.exit(f"{len(leaves)} outputs in Python, but {sorted(out)} in Java")
    for python in leaves:
        distance = min(((java - python).abs().max() / python.abs().max()).item() for java in out.values() if java.shape == python.shape)
        if distance > 1e-5:
            sys.exit(f"an output differs by {distance}")


def main():
    what, file, *rest = sys.argv[1:]
    if what in ("folder", "language"):
        (folder if what == "folder" else language)(file)
        return
    try:
        import transformers.modeling_outputs  # noqa: F401 - registers the classes of outputs, without which torch cannot load such programs
    except (ImportError, RuntimeError):
        pass
    program = torch.export.load(file)
    if what == "inputs":
        torch.manual_seed(1)
        save_file(inputs(program, int(rest[1]), int(rest[2])), rest[0])
    else:
        compare(program, load_file(rest[0]), load_file(rest[1]))


if __name__ == "__main__":
    main()
