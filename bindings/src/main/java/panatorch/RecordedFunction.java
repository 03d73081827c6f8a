package panatorch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One application of a {@link Function} in libtorch's graph. libtorch has no node that calls Java, but its hooks do. So the function sits
 * between the tensors of a small graph of libtorch's operators, whose own values and derivatives are never used:
 *
 * <pre>
 * input → alias → sum ┐                         ┌ expand → output 0
 * input → alias → sum ┴ root → · one → + one ───┴ expand → output 1
 *           ↑                              ↑          ↑
 *    gives the gradient out      calls backward   takes the gradient in, and sends zeros on
 * </pre>
 *
 * <p>
 * The two ones are {@link Lifeline}s. The factor is saved by its node, so libtorch frees it when it frees what is saved for backward; the
 * summand is a leaf, which is freed with the node itself.
 */
final class RecordedFunction {
    private final Function function;
    private final Function.Context context;
    private final @Nullable Input[] inputs;
    private final @Nullable Kind[] kinds;
    private final Tensor root;
    private final AtomicInteger outlets = new AtomicInteger(), differentiable = new AtomicInteger();

    /** The shape, type and device that a gradient must have. */
    private record Kind(long[] shape, DType dtype, Device device) {
        static Kind of(Tensor t) { return new Kind(t.shape(), t.dtype(), t.device()); }

        Tensor zeros() { return Aten.zeros(new long[0], dtype, null, device, null).expand(shape); }
    }

    private RecordedFunction(Function function, Function.Context context, List<Tensor> arguments, int results) {
        this.function = function;
        this.context = context;
        inputs = new Input[arguments.size()];
        Tensor sum = null;
        for (int i = 0; i < inputs.length; i++) {
            if (!context.needsGradient(i)) continue;
            Tensor x = arguments.get(i), link = (inputs[i] = new Input(x, i)).link(x);
            sum = sum == null ? link : sum.add(link.to(sum.device()));
        }
        root = Objects.requireNonNull(sum).share().escape();
        context.recorded = this;
        kinds = new Kind[results];
    }

    /**
     * Returns the outputs for {@code results}. Outputs with gradients are part of the graph. The graph must not hold them, or an
     * unreachable graph would never become garbage.
     */
    static List<Tensor> outputs(Function function, Function.Context context, List<Tensor> arguments, List<Tensor> results) {
        var recorded = new RecordedFunction(function, context, arguments, results.size());
        var outlet = recorded.new Outlet();
        Tensor end = outlet.open();
        var outputs = new ArrayList<Tensor>();
        for (int k = 0; k < results.size(); k++) {
            Tensor y = results.get(k);
            if (context.differentiable(y)) recorded.kinds[k] = Kind.of(y);
            outputs.add(recorded.kinds[k] == null ? y : outlet.output(end, k, y));
        }
        return outputs;
    }

    /**
     * Returns saved output {@code k} as part of the graph, through a new node. The node that made it would keep itself alive if it kept its
     * output.
     */
    Tensor connected(int k, Tensor value) {
        if (kinds[k] == null) return value.share();
        var outlet = new Outlet();
        return outlet.output(outlet.open(), k, value);
    }

    private void differentiate(List<Tensor> gradients) {
        var results = function.differentiate(context, gradients);
        if (results.size() != inputs.length)
            throw new TorchException("",
                    function.name() + ".backward returned " + results.size() + " gradients for " + inputs.length + " inputs.", null);
        for (int i = 0; i < inputs.length; i++) {
            Input input = inputs[i];
            if (input != null) input.put(results.get(i));
        }
    }

    /** Frees everything once no node is left that could call a hook. */
    private void close() {
        root.close();
        for (Input input : inputs) if (input != null) input.close();
        context.release();
    }

    /** The node where the gradient of an input leaves. */
    private final class Input {
        private final int number;
        private final Kind kind;
        private final GradientHook hook = new GradientHook(unused -> take());

        Input(Tensor x, int number) {
            this.number = number;
            kind = Kind.of(x);
        }

        /** Returns a scalar that depends on the input. */
        Tensor link(Tensor x) {
            Tensor alias = x.alias();
            hook.on(alias);
            return alias.sum();
        }

        /** Adds a gradient to those that other outlets have left in this pass. */
        void put(@Nullable Tensor g) {
            if (g == null) return;
            var pass = BackwardPass.current();
            Tensor fitting = fitted(g), before = pass.take(this);
            pass.leave(this, before == null ? fitting.share() : fitting.add(before));
        }

        private Tensor fitted(Tensor g) {
            boolean same = Arrays.equals(g.shape(), kind.shape);
            try {
                Tensor summed = same ? g : g.sumToSize(kind.shape);
                return (summed.isComplex() && !kind.dtype.isComplex() ? Aten.real(summed) : summed).to(kind.device, kind.dtype);
            } catch (TorchException e) {
                throw new TorchException("",
                        function.name() + ".backward returned a gradient of " + g.describe() + " for input " + number + ", whose shape is "
                                + Arrays.toString(kind.shape) + ".",
                        e);
            }
        }

        private Tensor take() {
            Tensor g = BackwardPass.current().take(this);
            return g == null ? kind.zeros() : g;
        }

        void close() { hook.deallocate(); }
    }

    /** The node where gradients of outputs enter and {@code backward} is called. */
    private final class Outlet {
        private final List<GradientHook> hooks = new ArrayList<>();
        /** The places where the gradients of the outputs are left; null for an output without gradient. */
        private final @Nullable Object[] places = new Object[kinds.length];
        private volatile boolean freed;

        /**
         * Returns a scalar that depends on all inputs. It must not be kept in a field: even a closed tensor refers to its scope, and that
         * to the tensors of the enclosing scopes.
         */
        Tensor open() {
            outlets.incrementAndGet();
            differentiable.incrementAndGet();
            Tensor leaf = Lifeline.until(this::close).requiresGrad_(true);
            Tensor start = context.savesNothing() ? root : root.mul(Lifeline.until(this::free));
            Tensor end = start.add(leaf);
            hooks.add(new GradientHook(unused -> {
                pass();
                return null;
            }).on(end));
            return end;
        }

        /** Returns a tensor of the graph, computed from {@code end}, with the elements of {@code value}. */
        Tensor output(Tensor end, int k, Tensor value) {
            Kind kind = Objects.requireNonNull(kinds[k]);
            Tensor element = end.isComplex() && !kind.dtype.isComplex() ? Aten.real(end) : end;
            Tensor output = Aten._unsafeView(element.to(kind.device, kind.dtype).expand(kind.shape), kind.shape);
            output.setData(value);
            var place = places[k] = new Object();
            hooks.add(new GradientHook(g -> {
                BackwardPass.current().leave(place, g.share());
                return kind.zeros();
            }).on(output));
            return output;
        }

        private void pass() {
            var pass = BackwardPass.current();
            var gradients = new ArrayList<Tensor>();
            for (int k = 0; k < kinds.length; k++) {
                Kind kind = kinds[k];
                Object place = places[k];
                Tensor g = place == null ? null : pass.take(place);
                gradients.add(g == null && kind != null && context.materializes() ? kind.zeros() : g);
            }
            if (freed) throw context.freed();
            differentiate(gradients);
        }

        /** Ends the outlet's part in {@code backward}: after a pass that does not retain the graph, or when the graph itself is freed. */
        private void free() {
            freed = true;
            if (differentiable.decrementAndGet() == 0) context.release();
        }

        private void close() {
            hooks.forEach(GradientHook::deallocate);
            if (outlets.decrementAndGet() == 0) RecordedFunction.this.close();
        }
    }
}
