import static panatorch.Index.*;

import panatorch.*;
import panatorch.nn.*;
import panatorch.nn.Module;
import panatorch.nn.init.Init;
import panatorch.optim.*;

// nanoGPT (Karpathy): a causal transformer with tied weights, decay for matrices only, clipped gradients and a warmed-up cosine schedule.

static final int VOCAB = 27, BLOCK = 32, LAYERS = 2, HEADS = 4, EMBED = 64, BATCH = 8;
static final double DROPOUT = 0.1;

static class CausalSelfAttention extends Module {
    final Module attention = child("c_attn", new Linear(EMBED, 3 * EMBED, false));
    final Module projection = child("c_proj", new Linear(EMBED, EMBED, false));
    final Module dropout = child("resid_dropout", new Dropout(DROPOUT));

    @Override public Tensor forward(Tensor x) {
        long b = x.size(0), t = x.size(1), c = x.size(2);
        var qkv = attention.call(x).split(EMBED, 2).stream().map(part -> part.view(b, t, HEADS, c / HEADS).transpose(1, 2)).toList();
        Tensor y = F.scaledDotProductAttention(qkv.get(0), qkv.get(1), qkv.get(2), null, isTraining() ? DROPOUT : 0, true);
        return dropout.call(projection.call(y.transpose(1, 2).contiguous().view(b, t, c)));
    }
}

static class MLP extends Module {
    final Module hidden = child("c_fc", new Linear(EMBED, 4 * EMBED, false));
    final Module gelu = child("gelu", new GELU());
    final Module projection = child("c_proj", new Linear(4 * EMBED, EMBED, false));
    final Module dropout = child("dropout", new Dropout(DROPOUT));

    @Override public Tensor forward(Tensor x) { return dropout.call(projection.call(gelu.call(hidden.call(x)))); }
}

static class Block extends Module {
    final Module norm1 = child("ln_1", new LayerNorm(EMBED));
    final Module attention = child("attn", new CausalSelfAttention());
    final Module norm2 = child("ln_2", new LayerNorm(EMBED));
    final Module mlp = child("mlp", new MLP());

    @Override public Tensor forward(Tensor input) {
        Tensor x = input.add(attention.call(norm1.call(input)));
        return x.add(mlp.call(norm2.call(x)));
    }
}

static class GPT extends Module {
    final Embedding tokens = child("wte", new Embedding(VOCAB, EMBED));
    final Module positions = child("wpe", new Embedding(BLOCK, EMBED));
    final Module dropout = child("drop", new Dropout(DROPOUT));
    final ModuleList<Block> blocks = child("h", new ModuleList<>());
    final Module norm;
    final Linear head;

    GPT() {
        for (int i = 0; i < LAYERS; i++) blocks.add(new Block());
        norm = child("ln_f", new LayerNorm(EMBED));
        head = child("lm_head", new Linear(EMBED, VOCAB, false));
        tokens.setParameter("weight", head.weight());
        apply(module -> {
            if (module instanceof Linear || module instanceof Embedding) Init.normal_(module.parameter("weight"), 0, 0.02);
        });
        namedParameters().forEach((name, p) -> {
            if (name.endsWith("c_proj.weight")) Init.normal_(p, 0, 0.02 / Math.sqrt(2 * LAYERS));
        });
    }

    Tensor loss(Tensor ids, Tensor targets) {
        Tensor x = dropout.call(tokens.call(ids).add(positions.call(Torch.arange(ids.size(1)))));
        for (Block block : blocks) x = block.call(x);
        Tensor logits = head.call(norm.call(x));
        return F.crossEntropy(logits.view(-1, VOCAB), targets.view(-1));
    }
}

void main(String... args) {
    Torch.manualSeed(1337);
    try (var scope = Scope.open(); var data = Torch.randint(0, 3, 4096).cumsum(0).remainder(VOCAB); var model = new GPT();
            var optimizer = WeightDecayGroups.optimizer(model, AdamW.options(1e-3).betas(0.9, 0.95).weightDecay(0.1), AdamW::new)) {
        for (int step = 0; step < (args.length > 0 ? Integer.parseInt(args[0]) : 20); step++) try (var tensors = Scope.open()) {
            optimizer.setLearningRate(step < 10 ? 1e-3 * (step + 1) / 10 : 1e-4 + 0.45e-3 * (1 + Math.cos(Math.PI * (step - 10) / 1000)));
            var starts = LongStream.of(Torch.randint(0, data.numel() - BLOCK, BATCH).toLongArray()).boxed().toList();
            Tensor x = Aten.stack(starts.stream().map(i -> data.get(slice(i, i + BLOCK))).toList());
            Tensor y = Aten.stack(starts.stream().map(i -> data.get(slice(i + 1, i + 1 + BLOCK))).toList());
            Tensor loss = model.loss(x, y);
            optimizer.zeroGrad();
            loss.backward();
            ClipGrad.norm_(model.parameters(), 1);
            optimizer.step();
            IO.println(loss.itemDouble());
        }
    }
}
