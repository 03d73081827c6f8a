package panatorch.nn.dropout.multisample;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.Autocast;
import panatorch.Autograd;
import panatorch.Function;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/**
 * The mean loss of samples in chunks, each differentiated in the forward pass, so that only one chunk's graph exists at a time. Unlike
 * checkpointing, it computes nothing twice and draws no mask anew.
 */
final class ChunkedLoss extends Function {
    private final MultiSampleDropout method;
    private final Tensor target;
    private final Criterion criterion;
    /** Indices of the inputs to which the saved gradients belong. */
    private final List<Integer> places = new ArrayList<>();
    /**
     * Factor of the saved gradients. Gradients of a mean are saved as those of a sum over rows, because float16 cannot hold small numbers.
     */
    private final double scale;
    private int inputs;

    private ChunkedLoss(MultiSampleDropout method, Tensor features, Tensor target, Criterion criterion) {
        this.method = method;
        this.target = target;
        this.criterion = criterion;
        scale = criterion.reduction() == Reduction.MEAN ? Math.max(1, features.size(0)) : 1;
    }

    static MultiSampleDropout.Result of(MultiSampleDropout method, Tensor features, Tensor target, Criterion criterion) {
        var inputs = new ArrayList<Tensor>(List.of(features));
        for (Tensor p : method.head().parameters()) if (p.requiresGrad()) inputs.add(p);
        var outputs = new ChunkedLoss(method, features, target, criterion).applyAll(inputs);
        return new MultiSampleDropout.Result(outputs.get(0), outputs.get(1));
    }

    @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
        this.inputs = inputs.size();
        Tensor features = inputs.getFirst().detach().requiresGrad_(context.needsGradient(0)), loss = null, prediction = null;
        var sources = new ArrayList<>(inputs);
        sources.set(0, features);
        if (!context.needsGradient(0)) sources.removeFirst();
        var sums = new ArrayList<@Nullable Tensor>(Collections.nCopies(sources.size(), null));
        PredictionMean reported = method.options().prediction();
        for (int c = 0; c < method.options().chunks(); c++) {
            try (var chunk = Scope.open()) {
                MultiSampleDropout.Result r;
                Tensor scaled;
                try (var on = NoGrad.enableGrad()) {
                    r = method.chunk(c, features, target, criterion);
                    scaled = r.loss().mul(scale);
                }
                if (!sources.isEmpty()) add(sums, sources, scaled, chunk);
                loss = chunk.move(loss == null ? r.loss().detach() : loss.add(r.loss()));
                prediction = chunk.move(prediction == null ? r.logits() : reported.plus(prediction, r.logits()));
            }
        }
        int offset = inputs.size() - sources.size();
        var saved = new ArrayList<Tensor>();
        for (int i = 0; i < sums.size(); i++) {
            if (!(sums.get(i) instanceof Tensor sum)) continue;
            places.add(i + offset);
            saved.add(sum);
        }
        if (!saved.isEmpty()) context.save(saved.toArray(Tensor[]::new));
        context.markNonDifferentiable(Objects.requireNonNull(prediction));
        return List.of(Objects.requireNonNull(loss), prediction);
    }

    private void add(List<@Nullable Tensor> sums, List<Tensor> sources, Tensor loss, Scope chunk) {
        List<@Nullable Tensor> gradients;
        try (var off = Autocast.off(loss.device().type())) { // the graph fixes the types, as in any backward pass
            gradients = Autograd.gradAllowUnused(List.of(loss), sources, null, false, false);
        }
        for (int i = 0; i < gradients.size(); i++) {
            Tensor g = gradients.get(i), sum = sums.get(i);
            if (g != null) sums.set(i, chunk.move(sum == null ? g : sum.add(g))); // out of place, because gradients may share memory
        }
    }

    @Override protected List<? extends @Nullable Tensor> backward(Context context, List<Tensor> gradients) {
        if (NoGrad.isGradEnabled()) throw new IllegalStateException("chunked dropout samples have no second derivatives; use one chunk");
        var all = new ArrayList<@Nullable Tensor>(Collections.nCopies(inputs, null));
        Tensor weight = gradients.getFirst().div(scale).reshape(1); // one dimension, so that it takes part in type promotion
        List<Tensor> saved = context.saved();
        for (int i = 0; i < saved.size(); i++) all.set(places.get(i), saved.get(i).mul(weight).to(saved.get(i).dtype()));
        return all;
    }
}
