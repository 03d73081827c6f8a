"""Exports public architectures with random weights, and what they compute, for ExportedModelsTest to run in Java.

    python exported_models.py FOLDER transformers|timm|torchvision [NAME …]    # torch 2.13 and the package; all names by default

For each architecture writes NAME.pt2 and NAME.safetensors: the inputs by their names in the signature, the outputs as "out0", "out1" …
and, for the names in TRAINED, the gradients of the sum of the squares of the first output as "grad.…" and the buffers afterwards as
"buffer.…". Prints a line for each: "exported NAME", or "left out NAME" and why Python cannot export it. Ends with status 3 and a sentence
if a package is missing.
"""
import copy
import sys
import warnings
from pathlib import Path

try:
    import torch
    import torch.utils._pytree as pytree
    from safetensors.torch import save_file
except ImportError as e:
    print(e)
    sys.exit(3)

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
TRAINED = {"bert", "gpt2", "t5", "vit", "llama", "resnet10t", "convnext_atto", "mobilenetv3_small_050", "efficientnet_b0", "vit_tiny_patch16_224"}
BASE = dict(vocab_size=100, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, max_position_embeddings=64)
GROUPED = dict(BASE, num_key_value_heads=2)
SEQ2SEQ = dict(vocab_size=100, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=64,
               decoder_ffn_dim=64, use_cache=False)
VISION = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64)


def ids(batch=1, length=8):
    return torch.randint(2, 100, (batch, length))


def transformers_models():
    import transformers as t

    def text(config, model, options=BASE, **more):
        c = getattr(t, config)(**{**options, **more})
        c.use_cache = False
        i = ids()
        return getattr(t, model)(c), (), dict(input_ids=i, attention_mask=torch.ones_like(i))

    def pair(config, model, **options):
        return getattr(t, model)(getattr(t, config)(**options)), (), dict(input_ids=ids(), decoder_input_ids=ids(1, 4))

    def image(config, model, size, **options):
        return getattr(t, model)(getattr(t, config)(**options)), (torch.randn(1, 3, size, size),), {}

    def whisper():
        c = t.WhisperConfig(**SEQ2SEQ, num_mel_bins=80, max_source_positions=100, max_target_positions=32, pad_token_id=0, bos_token_id=1, eos_token_id=2,
                            decoder_start_token_id=1)
        return t.WhisperForConditionalGeneration(c), (), dict(input_features=torch.randn(1, 80, 200), decoder_input_ids=ids(1, 4))

    def clip():
        c = t.CLIPConfig(text_config=dict(VISION, vocab_size=100, max_position_embeddings=16, eos_token_id=99),
                         vision_config=dict(VISION, image_size=32, patch_size=8), projection_dim=16)
        i = ids(2, 8)
        i[:, -1] = 99
        return t.CLIPModel(c), (), dict(input_ids=i, pixel_values=torch.randn(2, 3, 32, 32), attention_mask=torch.ones_like(i))

    def wav2vec2():
        c = t.Wav2Vec2Config(**VISION, vocab_size=32, conv_dim=(16, 16), conv_stride=(5, 2), conv_kernel=(10, 3), num_feat_extract_layers=2,
                             num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4)
        return t.Wav2Vec2ForCTC(c), (torch.randn(1, 2000),), {}

    return {
        "bert": lambda: text("BertConfig", "BertForSequenceClassification"),
        "roberta": lambda: text("RobertaConfig", "RobertaForMaskedLM"),
        "electra": lambda: text("ElectraConfig", "ElectraForTokenClassification"),
        "albert": lambda: text("AlbertConfig", "AlbertModel", embedding_size=16),
        "deberta": lambda: text("DebertaV2Config", "DebertaV2Model", relative_attention=True, pos_att_type=["p2c", "c2p"]),
        "camembert": lambda: text("CamembertConfig", "CamembertForQuestionAnswering"),
        "mpnet": lambda: text("MPNetConfig", "MPNetModel"),
        "modernbert": lambda: text("ModernBertConfig", "ModernBertModel", pad_token_id=0, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2),
        "distilbert": lambda: text("DistilBertConfig", "DistilBertForSequenceClassification",
                                   dict(vocab_size=100, dim=32, n_layers=2, n_heads=4, hidden_dim=64, max_position_embeddings=64)),
        "gpt2": lambda: text("GPT2Config", "GPT2LMHeadModel", dict(vocab_size=100, n_embd=32, n_layer=2, n_head=4, n_positions=64)),
        "opt": lambda: text("OPTConfig", "OPTForCausalLM", dict(vocab_size=100, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, ffn_dim=64,
                                                                max_position_embeddings=64, word_embed_proj_dim=32)),
        "gptneox": lambda: text("GPTNeoXConfig", "GPTNeoXForCausalLM"),
        "bloom": lambda: text("BloomConfig", "BloomForCausalLM", dict(vocab_size=100, hidden_size=32, n_layer=2, n_head=4)),
        "llama": lambda: text("LlamaConfig", "LlamaForCausalLM", GROUPED),
        "mistral": lambda: text("MistralConfig", "MistralForCausalLM", GROUPED),
        "qwen2": lambda: text("Qwen2Config", "Qwen2ForCausalLM", GROUPED),
        "qwen3": lambda: text("Qwen3Config", "Qwen3ForCausalLM", GROUPED, head_dim=8),
        "gemma2": lambda: text("Gemma2Config", "Gemma2ForCausalLM", GROUPED, head_dim=8),
        "phi3": lambda: text("Phi3Config", "Phi3ForCausalLM", GROUPED, pad_token_id=0),
        "falcon": lambda: text("FalconConfig", "FalconForCausalLM", dict(vocab_size=100, hidden_size=32, num_hidden_layers=2, num_attention_heads=4)),
        "mamba": lambda: text("MambaConfig", "MambaForCausalLM", dict(vocab_size=100, hidden_size=32, num_hidden_layers=2, state_size=8)),
        "t5": lambda: pair("T5Config", "T5ForConditionalGeneration", vocab_size=100, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4,
                           decoder_start_token_id=0, use_cache=False),
        "bart": lambda: pair("BartConfig", "BartForConditionalGeneration", **SEQ2SEQ, max_position_embeddings=64),
        "whisper": whisper, "clip": clip, "wav2vec2": wav2vec2,
        "vit": lambda: image("ViTConfig", "ViTForImageClassification", 32, **VISION, image_size=32, patch_size=8),
        "segformer": lambda: image("SegformerConfig", "SegformerForSemanticSegmentation", 64, depths=[1, 1, 1, 1], hidden_sizes=[8, 16, 24, 32],
                                   decoder_hidden_size=32, num_attention_heads=[1, 2, 2, 4]),
        "yolos": lambda: image("YolosConfig", "YolosForObjectDetection", 64, **VISION, image_size=[64, 64], patch_size=16, num_detection_tokens=5),
    }


TIMM = {n: 64 for n in ("resnet10t mobilenetv3_small_050 efficientnet_b0 convnext_atto regnetx_002 densenet121 ghostnet_100 lcnet_050 "
                        "mobileone_s0 repvgg_a0 pvt_v2_b0 botnet26t_256 skresnet18 dla34 res2net50_26w_4s rexnet_100 hrnet_w18_small "
                        "fastvit_t8 inception_next_tiny starnet_s1 vovnet39a").split()}
TIMM |= {"vit_tiny_patch16_224": 224, "deit_tiny_patch16_224": 224, "mixer_s32_224": 224, "edgenext_xx_small": 64, "mobilevit_xxs": 64,
         "levit_128s": 224, "xcit_nano_12_p16_224": 224, "swin_tiny_patch4_window7_224": 224, "cait_xxs24_224": 224, "tiny_vit_5m_224": 224,
         "mambaout_femto": 64, "eva02_tiny_patch14_224": 224}


def timm_models():
    import timm
    return {n: lambda n=n, size=size: (timm.create_model(n, pretrained=False), (torch.randn(1, 3, size, size),), {}) for n, size in TIMM.items()}


TORCHVISION = {"resnet18": 64, "alexnet": 64, "vgg11": 32, "squeezenet1_0": 64, "densenet121": 64, "googlenet": 64, "shufflenet_v2_x0_5": 64,
               "mobilenet_v2": 64, "mnasnet0_5": 64, "efficientnet_b0": 64, "regnet_y_400mf": 64, "convnext_tiny": 64, "vit_b_32": 224, "swin_t": 64}


def torchvision_models():
    import torchvision

    def make(n, size):
        more = {"init_weights": False} if n == "googlenet" else {}
        return torchvision.models.get_model(n, weights=None, **more), (torch.randn(1, 3, size, size),), {}

    return {n: lambda n=n, size=size: make(n, size) for n, size in TORCHVISION.items()}


def declare_operators():
    """Has a torchvision whose operators cannot be loaded, being one for CUDA beside a torch for CPUs, import all the same."""
    from importlib.util import find_spec
    torchvision = find_spec("torchvision")
    if torchvision is None:
        return None
    extension = next(iter(Path(torchvision.origin).parent.glob("_C*.so")), None)
    try:
        torch.ops.load_library(extension)
    except (OSError, TypeError):
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return library
    return None


def tensors(values):
    return {k: v.detach().clone().contiguous() for k, v in values.items() if isinstance(v, torch.Tensor)}


def rounding(model, args, kwargs, outputs):
    """How far the model's outputs are from those in float64, relative to the largest number of each; 0 where that cannot be told."""
    def wide(v):
        return v.double() if isinstance(v, torch.Tensor) and v.is_floating_point() else v
    try:
        torch.manual_seed(2)
        exact = pytree.tree_flatten(copy.deepcopy(model).double()(*pytree.tree_map(wide, args), **pytree.tree_map(wide, kwargs)))[0]
        return {f"rounding{i}": ((v - e).abs().max() / e.abs().max()).double() for i, (v, e) in enumerate(zip(outputs, exact))
                if isinstance(v, torch.Tensor) and v.is_floating_point() and v.numel()}
    except Exception:  # models that cannot be converted
        return {}


def save(name, folder, model, args, kwargs, with_rounding=False):
    program = torch.export.export(model, args, kwargs)
    torch.export.save(program, folder / f"{name}.pt2")
    inputs = dict(zip(program.graph_signature.user_inputs, pytree.tree_flatten((args, kwargs))[0]))
    module = copy.deepcopy(program).module()
    trained = name in TRAINED
    torch.manual_seed(2)  # as in Java, for models that draw random numbers
    with torch.set_grad_enabled(trained):
        outputs = pytree.tree_flatten(module(*args, **kwargs))[0]
    if trained:
        outputs[0].float().square().sum().backward()
        inputs |= {f"grad.{n}": p.grad for n, p in module.named_parameters() if p.grad is not None}
        inputs |= {f"buffer.{n}": b for n, b in module.named_buffers() if n in program.state_dict}
    outs = {f"out{i}": v if isinstance(v, torch.Tensor) else torch.tensor(v) for i, v in enumerate(outputs) if v is not None and not isinstance(v, str)}
    if with_rounding:
        inputs |= rounding(model, args, kwargs, outputs)
    save_file(tensors(inputs | outs), folder / f"{name}.safetensors")


def main():
    folder, package, *names = sys.argv[1:]
    try:
        library = declare_operators()  # the operators live as long as it; transformers imports torchvision, too
        models = {"transformers": transformers_models, "timm": timm_models, "torchvision": torchvision_models}[package]()
    except (ImportError, RuntimeError) as e:
        print(f"{package}, or a package that it needs, is missing or broken: {e}")
        sys.exit(3)
    for name in names or models:
        torch.manual_seed(0)
        try:
            model, args, kwargs = models[name]()
            save(name, Path(folder), model.eval(), args, kwargs)
            print("exported", name, flush=True)
        except Exception as e:  # what Python itself cannot make or export
            print("left out", name, type(e).__name__, str(e).strip().split("\n")[0][:200], flush=True)


if __name__ == "__main__":
    main()
