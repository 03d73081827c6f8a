package panatorch.optim;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Layout;
import panatorch.Tensor;

/**
 * Parameters of a group that have a gradient, all of one type and device and with gradients that are all dense or all sparse, as libtorch's
 * operators on lists of tensors need them. An {@link Optimizer} updates one bucket at a time. Complex numbers appear as pairs of real ones.
 */
public final class ParameterBucket {
    private final ParameterGroup group;
    private final List<Integer> places = new ArrayList<>();
    private final List<Tensor> parameters = new ArrayList<>(), gradients = new ArrayList<>();
    private final @Nullable Tensor gradScale, foundInf;

    private ParameterBucket(ParameterGroup group, @Nullable Tensor gradScale, @Nullable Tensor foundInf) {
        this.group = group;
        this.gradScale = gradScale;
        this.foundInf = foundInf;
    }

    private record Kind(DType dtype, Device device, boolean sparse) {}

    static List<ParameterBucket> of(ParameterGroup group, @Nullable Tensor gradScale, @Nullable Tensor foundInf) {
        var buckets = new LinkedHashMap<Kind, ParameterBucket>();
        for (int i = 0; i < group.parameters().size(); i++) {
            Tensor p = group.open(i), grad = p.grad();
            if (grad == null) continue;
            buckets.computeIfAbsent(new Kind(p.dtype(), p.device(), isSparse(grad)),
                    k -> new ParameterBucket(group, on(k.device, gradScale), on(k.device, foundInf))).add(i, p, grad);
        }
        return new ArrayList<>(buckets.values());
    }

    private static boolean isSparse(Tensor t) {
        Layout layout = t.layout();
        return layout != Layout.STRIDED && layout != Layout.MKLDNN;
    }

    /** Returns whether the gradients are sparse, as those of {@code Embedding.options(…).sparse(true)}. */
    public boolean isSparse() {
        return isSparse(gradients.getFirst());
    }

    private static @Nullable Tensor on(Device device, @Nullable Tensor t) { return t == null ? null : t.to(device); }

    private void add(int place, Tensor parameter, Tensor gradient) {
        places.add(place);
        parameters.add(real(parameter));
        gradients.add(real(gradient));
    }

    private static Tensor real(Tensor t) { return t.dtype().isComplex() ? t.viewAsReal() : t; }

    public int size() { return places.size(); }

    public <O extends Record> O options(Class<O> type) { return type.cast(group.options()); }

    public List<Tensor> parameters() { return parameters; }

    public List<Tensor> gradients() { return gradients; }

    /**
     * Returns the descent direction: the gradients, negated to maximise, plus the L2 penalty's {@code λw}. The tensors are new unless
     * neither is needed.
     */
    public List<Tensor> gradients(boolean maximize, double weightDecay) {
        List<Tensor> g = maximize ? Aten._foreachNeg(gradients) : gradients;
        return weightDecay == 0 ? g : Aten._foreachAdd(g, parameters, weightDecay);
    }

    /**
     * Returns {@link #gradients(boolean, double)}. With decoupled weight decay (Loshchilov and Hutter 2017, arXiv:1711.05101) it leaves out
     * the penalty and decays the parameters instead.
     */
    List<Tensor> decayed(boolean maximize, double weightDecay, boolean decoupled, double lr) {
        List<Tensor> g = gradients(maximize, decoupled ? 0 : weightDecay);
        if (decoupled && weightDecay != 0) Aten._foreachMul_(parameters, 1 - lr * weightDecay);
        return g;
    }

    /** Updates Adam's moments, the running means of the gradients and of their squares, by one step. */
    static void moments(List<Tensor> means, List<Tensor> squares, List<Tensor> gradients, double beta1, double beta2) {
        Aten._foreachLerp_(means, gradients, 1 - beta1);
        Aten._foreachMul_(squares, beta2);
        Aten._foreachAddcmul_(squares, gradients, gradients, 1 - beta2);
    }

    /** Returns the learning rate on this device if a {@link DeviceRates} put it there, or null if the options' number applies. */
    @Nullable Tensor rate() {
        return on(device(), group.rate);
    }

    /** Returns the divisor of the gradients, or null. Not null only if {@link Optimizer#supportsScaledStep}. */
    public @Nullable Tensor gradScale() {
        return gradScale;
    }

    /** Returns a tensor that is not 0 if the step is to be skipped, or null. */
    public @Nullable Tensor foundInf() { return foundInf; }

    /** Returns the state of this name of each parameter, creating it from the parameter if it is missing. */
    public List<Tensor> state(String name, Function<Tensor, Tensor> initial) {
        var all = new ArrayList<Tensor>(size());
        for (int i : places) {
            Object value = group.states.get(i).get(name);
            if (!(value instanceof Tensor)) {
                // Old checkpoints hold step counts as plain numbers.
                Tensor made = value instanceof Number n ? Aten.scalarTensor(n, DType.FLOAT32) : initial.apply(group.parameters().get(i));
                group.states.get(i).put(name, value = made.escape());
            }
            all.add(real((Tensor) value));
        }
        return all;
    }

    /** Returns {@link #state(String, Function)} for float32 scalars, as Python keeps step counts and the like. */
    public List<Tensor> scalars(String name, double initial, Device device) {
        return state(name, p -> Aten.scalarTensor(initial, DType.FLOAT32, null, device));
    }

    /**
     * Counts a step for each parameter.
     *
     * @return the counts
     */
    public double[] countSteps() { return countSteps(Device.CPU); }

    double[] countSteps(Device device) {
        List<Tensor> steps = steps(device);
        Aten._foreachAdd_(steps, 1);
        return values(steps);
    }

    /**
     * Returns the step counts on the device where they are read: the CPU, or the parameters' device for operators that fuse the whole step.
     */
    public List<Tensor> steps(Device device) { return scalars("step", 0, device); }

    public Device device() { return parameters.getFirst().device(); }

    /** Reads any number of scalars in one transfer. */
    public static double[] values(List<Tensor> scalars) {
        return Aten.stack(scalars).to(DType.FLOAT64).to(Device.CPU).toDoubleArray();
    }

    /** Takes back the count of a step that an operator skipped because of {@link #foundInf}. */
    void takeBack(List<Tensor> steps) {
        if (foundInf != null) Aten._foreachSub_(steps, Collections.nCopies(size(), foundInf));
    }

    /** Assigns a number to each scalar. */
    static void assign(List<Tensor> scalars, List<Double> numbers) {
        Aten._foreachZero_(scalars);
        Aten._foreachAdd_ScalarList(scalars, numbers);
    }

    /** Returns the parameters that have, or do not have, a state of this name. */
    ParameterBucket where(String state, boolean present) {
        return part(i -> (group.states.get(places.get(i)).get(state) != null) == present);
    }

    /** Returns the whole state of the i-th parameter, under Python's names. */
    Map<String, @Nullable Object> stateOf(int i) {
        return group.states.get(places.get(i));
    }

    /** Returns the i-th parameter alone. */
    ParameterBucket one(int i) { return part(j -> j == i); }

    private ParameterBucket part(IntPredicate wanted) {
        var part = new ParameterBucket(group, gradScale, foundInf);
        for (int i = 0; i < size(); i++) {
            if (!wanted.test(i)) continue;
            part.places.add(places.get(i));
            part.parameters.add(parameters.get(i));
            part.gradients.add(gradients.get(i));
        }
        return part;
    }

    /** Applies {@code f} to each number. */
    static List<Double> map(double[] numbers, java.util.function.DoubleUnaryOperator f) {
        var all = new ArrayList<Double>(numbers.length);
        for (double n : numbers) all.add(f.applyAsDouble(n));
        return all;
    }
}
