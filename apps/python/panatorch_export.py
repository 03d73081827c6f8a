#!/usr/bin/env python3
"""Exports models of timm, torchvision and transformers for PanaTorch: one .pt2 file with all that is needed to run the model in Java.

    python panatorch_export.py timm:resnet18                              # downloads the weights, as timm does
    python panatorch_export.py torchvision:resnet50 --weights resnet50.pth
    python panatorch_export.py transformers:bert-base-uncased --task SequenceClassification
    python panatorch_export.py DIR                                        # a model's folder: config.json, model.safetensors, tokenizer.json
    python panatorch_export.py DIR --generate                             # a language model with its cache, for panatorch generate
    python panatorch_export.py DIR --weightless                           # the graph alone; Java reads the folder's weights
    python panatorch_export.py timm:vit_tiny_patch16_224 --random         # random weights, nothing is downloaded
    python panatorch_export.py transformers:bert --random --set num_hidden_layers=2 --set hidden_size=128

The batch size is dynamic, and for texts the length, unless the model's code does not allow it, which is said. Beside the program, the
file's extra files are: panatorch.json (where the model comes from, lengths, padding), preprocessing.json (as the library has it),
tokenizer.json, and labels.json (a list). The program is compared with the model on inputs of other sizes than those it was exported with.

Needs torch 2.8 or later, and the library of the model.
"""
import argparse
import copy
import inspect
import json
import re
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

LIBRARIES = ("timm", "torchvision", "transformers")
IMAGE, TEXT = "image", "text"


def stop(sentence):
    print(f"panatorch_export: {sentence}", file=sys.stderr)
    sys.exit(2)


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    p.add_argument("model", help="LIBRARY:NAME, where LIBRARY is timm, torchvision or transformers, or a model's folder")
    p.add_argument("-o", "--out", type=Path, help="file to write; default: the model's name with .pt2")
    p.add_argument("--random", action="store_true", help="random weights: nothing is downloaded")
    p.add_argument("--seed", type=int, default=0, help="seed of random weights; default: 0")
    p.add_argument("--weights", type=Path, help="state dict to load: .safetensors, or a file of torch.save")
    p.add_argument("--task", help="for transformers: the head, as SequenceClassification, CausalLM, MaskedLM; default: the model's own")
    p.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="changes the model's configuration; may be repeated")
    p.add_argument("--labels", type=Path, help="file with one label a line, or a JSON list; default: those of the model")
    p.add_argument("--size", type=int, help="side of the images; default: the model's")
    p.add_argument("--length", type=int, help="longest text in tokens; default: the model's")
    p.add_argument("--generate", action="store_true", help="for language models: keeps what was read, up to --length tokens, so that text is generated token by token")
    p.add_argument("--static", action="store_true", help="inputs of one size only: one image or text, of the full length")
    p.add_argument("--weightless", action="store_true", help="leaves out all weights that are in the folder's safetensors files")
    p.add_argument("--decompose", action="store_true", help="lowers the program to core operators, for other runtimes; PanaTorch needs it rarely")
    p.add_argument("--no-check", action="store_true", help="does not compare the program with the model")
    return p.parse_args()


args = arguments()
try:
    import torch
except ImportError:
    stop("torch is missing; install it by: pip install torch")
if tuple(int(n) for n in re.findall(r"\d+", torch.__version__)[:2]) < (2, 8):
    stop(f"torch {torch.__version__} writes files that cannot be read; install torch 2.8 or later")
warnings.filterwarnings("ignore")


def declare_vision_operators():
    """Has a torchvision import whose operators cannot be loaded, being one for CUDA beside a torch for CPUs."""
    found = find_spec("torchvision")
    if found is None or found.origin is None:
        return None
    try:
        torch.ops.load_library(next(iter(Path(found.origin).parent.glob("_C*.so"))))
    except (OSError, StopIteration):
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return library
    return None


class Model:
    """A model with what belongs to it. `inputs(batch, length)` makes example inputs, and `dynamic` names their dynamic dimensions."""

    def __init__(self, module, name, kind, library):
        self.module, self.name, self.kind, self.library = module.eval(), name, kind, library
        self.labels = self.preprocessing = self.tokenizer = self.folder = None
        self.facts = {}
        self.arguments, self.keywords = lambda batch, length: (), lambda batch, length: {}
        self.length = 1
        self.dims = {}


def settings():
    found = {}
    for pair in args.set:
        key, given, value = pair.partition("=")
        if not given:
            stop(f"--set needs KEY=VALUE, and is '{pair}'")
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found


def load_weights(module, file):
    """Loads a file's state dict; keys of a wrapper, as 'module.', are dropped."""
    if not file.is_file():
        stop(f"there is no file {file}")
    if file.suffix == ".safetensors":
        from safetensors.torch import load_file
        state = load_file(file)
    else:
        state = torch.load(file, map_location="cpu", weights_only=True)
        for key in ("state_dict", "model"):
            state = state[key] if isinstance(state.get(key), dict) else state
    state = {k.removeprefix("module."): v for k, v in state.items()}
    try:
        module.load_state_dict(state)
    except RuntimeError as e:
        stop(f"{file} does not fit the model: {' '.join(str(e).split())[:400]}")


def image_model(module, name, library, size):
    model = Model(module, name, IMAGE, library)
    model.arguments = lambda batch, length: (torch.randn(batch, 3, *size),)
    model.dims = {next(iter(inspect.signature(module.forward).parameters)): {0: "batch"}}
    return model


# ---- timm


def timm_model(name, folder):
    import timm
    from timm.data import ImageNetInfo, infer_imagenet_subset, resolve_model_data_config
    if folder is None and not timm.is_model(name.split(".")[0]):
        near = timm.list_models(f"*{name.split('.')[0]}*")[:8]
        stop(f"timm has no model '{name}'" + (f"; there are {', '.join(near)}" if near else ""))
    pretrained = not args.random and args.weights is None
    module = timm.create_model(f"local-dir:{folder}" if folder else name, pretrained=pretrained, **settings())
    if args.weights:
        load_weights(module, args.weights)
    config = {k: v for k, v in resolve_model_data_config(module).items()}
    if args.size:
        config["input_size"] = (config["input_size"][0], args.size, args.size)
    model = image_model(module, module.pretrained_cfg.get("architecture", name), "timm", config["input_size"][1:])
    model.preprocessing = config
    subset = infer_imagenet_subset(module)
    if "label_names" in module.pretrained_cfg:
        model.labels = list(module.pretrained_cfg["label_names"])
    elif subset:
        info = ImageNetInfo(subset)
        model.labels = [info.index_to_description(i) for i in range(info.num_classes())]
    return model


# ---- torchvision


def torchvision_model(name, folder):
    import torchvision
    if folder:
        stop(f"torchvision has no folders of models; give torchvision:NAME --weights FILE instead of {folder}")
    if name not in torchvision.models.list_models():
        near = [n for n in torchvision.models.list_models() if name.split("_")[0] in n][:8]
        stop(f"torchvision has no model '{name}'" + (f"; there are {', '.join(near)}" if near else ""))
    weights = torchvision.models.get_model_weights(name).DEFAULT
    more = dict(settings())
    for argument in ("weights_backbone", "init_weights"):
        if argument in inspect.signature(torchvision.models.get_model_builder(name)).parameters and (args.random or args.weights):
            more[argument] = None if argument == "weights_backbone" else True
    module = torchvision.models.get_model(name, weights=None if args.random or args.weights else weights, **more)
    if args.weights:
        load_weights(module, args.weights)
    transforms = weights.transforms()
    config = {k: getattr(transforms, k) for k in ("resize_size", "crop_size", "mean", "std", "antialias") if hasattr(transforms, k)}
    config["interpolation"] = transforms.interpolation.value
    if args.size:
        config["resize_size"], config["crop_size"] = [args.size * config["resize_size"][0] // config["crop_size"][0]], [args.size]
    side = config.get("crop_size", [args.size or 224])
    model = image_model(module, name, "torchvision", (side[0], side[-1]))
    model.preprocessing = config if "crop_size" in config else None
    model.labels = weights.meta.get("categories")
    return model


# ---- transformers


def transformers_model(name, folder):
    import transformers
    source = str(folder or name)
    if args.random and folder is None and name in transformers.CONFIG_MAPPING:
        config = transformers.AutoConfig.for_model(name, **settings())
    else:
        try:
            config = transformers.AutoConfig.from_pretrained(source, **settings())
        except (OSError, ValueError) as e:
            stop(f"transformers cannot read the configuration of {source}: {str(e).splitlines()[0]}")
    if hasattr(config, "use_cache"):
        config.use_cache = args.generate
    # how attention is computed decides what the graph has; the operators of the default trace best
    architecture = (config.architectures or [None])[0]
    if args.task:
        mapping = getattr(transformers, f"AutoModelFor{args.task}", None)
        if mapping is None:
            known = sorted(n.removeprefix("AutoModelFor") for n in dir(transformers) if n.startswith("AutoModelFor"))
            stop(f"transformers has no task '{args.task}'; there are {', '.join(known)}")
    else:
        mapping = getattr(transformers, architecture) if architecture and hasattr(transformers, architecture) else transformers.AutoModel
        if args.generate and not str(architecture).endswith("ForCausalLM"):
            mapping = transformers.AutoModelForCausalLM
    if args.random or args.weights:
        module = mapping.from_config(config) if hasattr(mapping, "from_config") else mapping(config)
        if args.weights:
            load_weights(module, args.weights)
    else:
        module = mapping.from_pretrained(source, config=config)
    module = module.float() if module.dtype == torch.float16 else module
    main = module.main_input_name
    model = Model(module, re.sub(r"[^\w.-]+", "-", Path(source).name), IMAGE if main == "pixel_values" else TEXT, "transformers")
    if folder is not None or not args.random:
        beside(model, source, transformers)
    labels = getattr(config, "id2label", None)
    if labels and not all(re.fullmatch(r"LABEL_\d+", v) for v in labels.values()):
        model.labels = [labels[i] for i in sorted(labels)]
    parameters = inspect.signature(module.forward).parameters
    if main == "pixel_values":
        image_inputs(model, config)
    elif main == "input_ids":
        text_inputs(model, config, parameters)
    else:
        stop(f"{type(module).__name__} takes {main}; only models of images and texts are exported by this script, others by torch.export")
    return model


def beside(model, source, transformers):
    """Takes tokenizer and preprocessing from the model's folder, or from where its weights come from."""
    from transformers.utils import cached_file
    for name, key in (("tokenizer.json", "tokenizer"), ("preprocessor_config.json", "preprocessing")):
        try:
            file = cached_file(source, name, _raise_exceptions_for_missing_entries=False, _raise_exceptions_for_connection_errors=False)
        except OSError:
            file = None
        if file:
            setattr(model, key, Path(file).read_bytes())
    if model.tokenizer is None and model.kind == TEXT:
        try:
            model.tokenizer = transformers.AutoTokenizer.from_pretrained(source).backend_tokenizer.to_str().encode()
        except Exception as e:  # models without a tokenizer, or with one that has no tokenizer.json
            print(f"no tokenizer: {str(e).splitlines()[0] if str(e) else type(e).__name__}")


def image_inputs(model, config):
    config = getattr(config, "vision_config", config)
    side = args.size or getattr(config, "image_size", 224)
    size = tuple(side) if isinstance(side, (list, tuple)) else (side, side)
    model.keywords = lambda batch, length: {"pixel_values": torch.randn(batch, getattr(config, "num_channels", 3), *size)}
    model.dims = {"pixel_values": {0: "batch"}}


def text_inputs(model, config, parameters):
    limits = [getattr(config, k, None) for k in ("max_position_embeddings", "n_positions", "max_sequence_length")]
    positions = next((n for n in limits if isinstance(n, int) and n > 0), 512)
    if config.model_type in ("roberta", "xlm-roberta", "camembert", "mpnet", "longformer"):
        positions -= 2  # positions begin behind the padding's
    model.length = min(args.length or positions, positions)
    names = ["input_ids"] + [n for n in ("attention_mask", "token_type_ids") if n in parameters]
    if "token_type_ids" in names and getattr(config, "type_vocab_size", 0) in (0, 1) and config.model_type != "bert":
        names.remove("token_type_ids")
    decoder = getattr(config, "is_encoder_decoder", False) and "decoder_input_ids" in parameters
    low, high = 3 if config.vocab_size > 10 else 0, config.vocab_size

    def keywords(batch, length):
        ids = torch.randint(low, high, (batch, length))
        made = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": torch.zeros_like(ids)}
        made = {n: made[n] for n in names}
        if decoder:
            made["decoder_input_ids"] = torch.randint(low, high, (batch, max(1, length // 2)))
        return made

    model.keywords = keywords
    model.dims = {n: {0: "batch", 1: "sequence"} for n in names}
    if decoder:
        model.dims["decoder_input_ids"] = {0: "batch", 1: "target"}
    pad = getattr(config, "pad_token_id", None)
    model.facts = {"max_length": model.length, "pad_token_id": pad if pad is not None else 0}
    if args.generate:
        ends = getattr(getattr(model.module, "generation_config", None), "eos_token_id", None)
        model.facts["eos_token_ids"] = ends if isinstance(ends, list) else [] if ends is None else [ends]


# ---- export


def export(model):
    """Exports with named dynamic dimensions, with those that the tracer finds, or with none, in this order."""
    Dim = torch.export.Dim
    limits = {"batch": dict(min=1), "sequence": dict(min=1, max=model.length), "target": dict(min=1, max=model.length)}

    def shapes(of):
        dims = {}
        made = {n: {i: dims.setdefault(d, of(d)) for i, d in places.items()} for n, places in model.dims.items()}
        return made

    attempts = [("", shapes(lambda d: Dim(d, **limits[d]))), ("of the dynamic sizes some may be fixed", shapes(lambda d: Dim.AUTO))]
    example = (2, min(model.length, 7))
    failure = None
    for what, dynamic in [] if args.static else attempts:
        try:
            names = list(inspect.signature(model.module.forward).parameters)
            inputs = model.arguments(*example)
            by_place = {names[i]: None for i in range(len(inputs))}
            dynamic = {k: v for k, v in dynamic.items() if k in by_place or k in model.keywords(*example)}
            program = torch.export.export(model.module, inputs, model.keywords(*example), dynamic_shapes=dynamic, strict=False)
            if what:
                print(f"note: {what}: {first_line(failure)}")
            return program
        except Exception as e:  # any of many kinds, by the model's code
            failure = e
    if failure is not None:
        print(f"note: all sizes are fixed, since the model's code does not allow others: {first_line(failure)}")
    try:
        return torch.export.export(model.module, model.arguments(1, model.length), model.keywords(1, model.length), strict=False)
    except Exception as e:
        stop(f"torch cannot export {model.name}: {type(e).__name__}: {first_line(e)}")


def export_with_cache(model):
    """Exports a language model that keeps keys and values of what it has read in its buffers."""
    from transformers.integrations.executorch import convert_and_export_with_cache
    given = model.module.generation_config
    given.use_cache, given.cache_implementation, given.cache_config = True, "static", {"batch_size": 1, "max_cache_len": model.length}
    length = torch.export.Dim("length", max=model.length - 1)
    try:
        with torch.no_grad():
            return convert_and_export_with_cache(model.module, model.keywords(1, 4)["input_ids"], torch.arange(4),
                                                 dynamic_shapes={"input_ids": {1: length}, "cache_position": {0: length}})
    except Exception as e:  # any of many kinds, by the model's code
        stop(f"transformers cannot export {type(model.module).__name__} with its cache: {first_line(e)}")


def check_generation(model, program):
    """Compares the logits after a prompt and a token with those of the model, which reads both at once."""
    ids = model.keywords(1, 6)["input_ids"]
    state = program.state_dict | program.constants
    before = {n: b.clone() for n, b in state.items() if isinstance(b, torch.Tensor) and not isinstance(b, torch.nn.Parameter)}
    run, worst = program.module(), 0.0
    with torch.no_grad():
        expected = model.module(input_ids=ids, use_cache=False).logits
        for start, end in ((0, 5), (5, 6)):
            logits = run(input_ids=ids[:, start:end], cache_position=torch.arange(start, end))
            worst = max(worst, ((logits[:, -1] - expected[:, end - 1]).abs().max() / expected.abs().max()).item())
        for name, value in before.items():  # forgets what was read
            state[name].copy_(value)
    tell(worst)


def first_line(e):
    return next((line.strip() for line in str(e).splitlines() if line.strip()), type(e).__name__)[:300]


def fixed(program, name, place):
    """Returns the fixed size of a dimension of an input, or None if it is dynamic."""
    for node in program.graph.nodes:
        if node.op == "placeholder" and node.name == name:
            size = node.meta["val"].shape[place]
            return size if isinstance(size, int) else None
    return None


def check(model, program):
    """Compares the program with the model, where sizes are dynamic on other sizes than those of the export."""
    inputs = program.graph_signature.user_inputs
    batch = fixed(program, inputs[0], 0) or 3
    length = (fixed(program, inputs[0], 1) if model.kind == TEXT else None) or min(model.length, 11)
    torch.manual_seed(1)
    given = model.arguments(batch, length), model.keywords(batch, length)
    with torch.no_grad():
        leaves = [torch.utils._pytree.tree_flatten(m(*copy.deepcopy(given[0]), **copy.deepcopy(given[1])))[0] for m in (model.module, program.module())]
    worst = 0.0
    for a, b in zip(*leaves):
        if isinstance(a, torch.Tensor) and a.is_floating_point() and a.numel():
            worst = max(worst, ((a - b).abs().max() / a.abs().max().clamp_min(1e-6)).item())
    tell(worst)


def tell(worst):
    print(f"the program computes what the model computes, within {worst:.1e} of the largest number" if worst < 1e-3 else
          f"WARNING: the program differs from the model by {worst:.1e} of the largest number")


def without_weights(model, program):
    """Replaces the weights that the folder's safetensors files hold by empty ones. Others, as non-persistent buffers, stay."""
    from safetensors import safe_open
    from torch._subclasses.fake_tensor import FakeTensorMode
    if model.folder is None:
        stop("--weightless needs a model's folder with model.safetensors, which Java reads the weights from")
    files = sorted(model.folder.glob("model*.safetensors"))
    if not files:
        stop(f"--weightless: there is no model.safetensors in {model.folder}")
    here = {}
    for file in files:
        with safe_open(file, "pt") as tensors:
            for key in tensors.keys():
                here[key] = (file, tensors.get_slice(key).get_shape())
    fake = FakeTensorMode()
    left, kept = {}, []
    for key, tensor in program.state_dict.items():
        file, shape = here.get(key, (None, None))
        if file is None or list(shape) != list(tensor.shape) or not same(file, key, tensor, safe_open):
            kept.append(key)
            left[key] = tensor
            continue
        empty = fake.from_tensor(tensor)
        left[key] = torch.nn.Parameter(empty, tensor.requires_grad) if isinstance(tensor, torch.nn.Parameter) else empty
    program._state_dict = left
    print(f"{len(left) - len(kept)} weights are left out" + (f"; {len(kept)} stay, which the folder's files do not have: {', '.join(kept[:4])}"
                                                            + (" …" if len(kept) > 4 else "") if kept else ""))


def same(file, key, tensor, safe_open):
    with safe_open(file, "pt") as tensors:
        other = tensors.get_tensor(key)
    return other.dtype == tensor.dtype and torch.equal(other, tensor)


def extra_files(model, program):
    labels = model.labels
    if args.labels:
        text = args.labels.read_text("utf-8")
        labels = json.loads(text) if text.lstrip().startswith("[") else text.splitlines()
    outputs = [n for n in program.graph.output_node().args[0] if hasattr(n, "meta")]
    classes = next((n.meta["val"].shape[-1] for n in outputs if isinstance(n.meta.get("val"), torch.Tensor) and n.meta["val"].dim() >= 2), None)
    if labels and args.labels is None and len(labels) != classes:
        print(f"note: the library's {len(labels)} labels are left out, as the model has {classes} outputs")
        labels = None
    facts = {"library": model.library, "model": model.name, "class": type(model.module).__name__, "kind": model.kind, "torch": torch.__version__,
             "random": args.random, **model.facts}
    files = {"panatorch.json": json.dumps(facts)}
    for name, content in (("labels.json", labels), ("preprocessing.json", model.preprocessing), ("tokenizer.json", model.tokenizer)):
        if content is not None:
            files[name] = content.decode() if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False)
    return files


JAVA = '''
import java.nio.file.Path;
import panatorch.*;
import panatorch.export.*;
{imports}
try (var model = ExportedProgram.load({load}); var scope = Scope.open(); var noGrad = NoGrad.enter()) {{
{body}
    System.out.println(outputs.all());
}}
'''


def snippet(model, program, files, out):
    """Returns Java that runs the program."""
    load = f'Path.of("{out}")' + (f', LoadOptions.standard().weights(Path.of("{model.folder}"))' if args.weightless else "")
    names = list(program.graph_signature.user_inputs)
    imports, lines = "", []
    if model.kind == IMAGE and "preprocessing.json" in files:
        imports = "import panatorch.datasets.pretrained.Preprocessing;\n"
        lines = ['var preprocessing = Preprocessing.parse(model.extraFiles().get("preprocessing.json"));',
                 'Outputs outputs = model.run(preprocessing.read(Path.of("cat.jpg")));']
    elif args.generate:
        imports = "import panatorch.generation.*;\nimport panatorch.text.*;\n"
        lines = ['Tokenizer tokenizer = Tokenizers.parse(model.extraFiles().get("tokenizer.json"));',
                 "try (var language = CausalModel.of(model)) {",
                 f"    GenerationOptions options = GenerationOptions.sampling(100).stop({', '.join(map(str, model.facts['eos_token_ids']))});",
                 '    int[] ids = Generation.generate(language, tokenizer.encode("Once upon a time").ids(), options);',
                 "    System.out.println(tokenizer.decode(ids));", "}"]
        return JAVA.replace("    System.out.println(outputs.all());\n", "").format(imports=imports, load=load, body="\n".join("    " + line for line in lines))
    elif model.kind == TEXT and "tokenizer.json" in files:
        imports = "import panatorch.text.*;\n"
        values = {"input_ids": "Torch.tensor(text.ids(), 1, text.size()).to(DType.INT64)",
                  "attention_mask": "Torch.tensor(text.attentionMask(), 1, text.size()).to(DType.INT64)",
                  "token_type_ids": "Torch.tensor(text.typeIds(), 1, text.size()).to(DType.INT64)",
                  "decoder_input_ids": "Torch.zeros(DType.INT64, 1, 1)"}
        given = [f'"{n}", {values.get(n, "…")}' for n in names]
        lines = ['Tokenizer tokenizer = Tokenizers.parse(model.extraFiles().get("tokenizer.json"));',
                 'Encoding text = tokenizer.withTruncation(Truncation.to(%d)).encode("How are you?");' % model.length,
                 "Outputs outputs = model.run(Inputs.named(" + ")\n            .and(".join(given) + "));"]
    else:
        lines = [f"Outputs outputs = model.run({', '.join(names)});                 // " + ", ".join(
            f"{n.name} {str(n.meta['val'].dtype).removeprefix('torch.')} {list(n.meta['val'].shape)}" for n in program.graph.nodes
            if n.op == "placeholder" and n.name in names)]
    return JAVA.format(imports=imports, load=load, body="\n".join("    " + line for line in lines))


def main():
    library, given, name = args.model.partition(":")
    folder = None
    if not given or library not in LIBRARIES:
        folder, name = Path(args.model), ""
        config = folder / "config.json"
        if not folder.is_dir():
            stop(f"'{args.model}' is neither a folder nor LIBRARY:NAME with one of {', '.join(LIBRARIES)}")
        if not config.is_file():
            stop(f"there is no config.json in the folder {folder}")
        library = "timm" if "architecture" in json.loads(config.read_text("utf-8")) else "transformers"
    kept = declare_vision_operators()  # the operators live as long as the object
    torch.manual_seed(args.seed)
    try:
        model = {"timm": timm_model, "torchvision": torchvision_model, "transformers": transformers_model}[library](name, folder)
    except ImportError as e:
        stop(f"{e.name or library} is missing; install it by: pip install {e.name or library}")
    model.folder = folder
    out = args.out or Path(f"{model.name}.pt2")
    if not out.absolute().parent.is_dir():
        stop(f"there is no folder {out.absolute().parent}")
    if args.generate and getattr(model.module, "generation_config", None) is None:
        stop(f"--generate is for language models, and {type(model.module).__name__} is none")
    program = export_with_cache(model) if args.generate else export(model)
    if args.decompose:
        program = program.run_decompositions()
    if not args.no_check:
        (check_generation if args.generate else check)(model, program)
    if args.weightless:
        without_weights(model, program)
    files = extra_files(model, program)
    torch.export.save(program, out, extra_files=files)
    print(f"{out}: {out.stat().st_size:,} bytes; extra files: {', '.join(files)}")
    print(snippet(model, program, files, out))
    del kept


if __name__ == "__main__":
    main()
