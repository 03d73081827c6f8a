package panatorch.func;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * Transforms of functions: each takes a function of tensors and returns another function. See the package's page for a program, the types
 * of arguments, and who frees what.
 */
public final class Func {
    private Func() {}

    private static final int[] FIRST = {0};

    /** Casts a tree to the type that the signature of the transform gives it, which also says whether it may be null. */
    @SuppressWarnings({"unchecked", "NullAway"}) private static <T> T cast(@Nullable Object value) {
        return (T) value;
    }

    private static List<@Nullable Object> list(@Nullable Object... arguments) {
        return Arrays.asList(arguments);
    }

    private static <A, R> Function<List<@Nullable Object>, R> one(Function<A, R> f) {
        return a -> f.apply(Func.<A>cast(a.get(0)));
    }

    private static <A, B, R> Function<List<@Nullable Object>, R> two(BiFunction<A, B, R> f) {
        return a -> f.apply(Func.<A>cast(a.get(0)), Func.<B>cast(a.get(1)));
    }

    private static <A, B, C, R> Function<List<@Nullable Object>, R> three(TriFunction<A, B, C, R> f) {
        return a -> f.apply(Func.<A>cast(a.get(0)), Func.<B>cast(a.get(1)), Func.<C>cast(a.get(2)));
    }

    // ---- vmap

    /**
     * Maps a function over dimension 0 of all tensors of its argument: computes it for all samples at once, as if in a loop whose results
     * are stacked. Operators without a rule for that compute each sample by itself, with a warning of libtorch's, or throw.
     *
     * @throws IllegalArgumentException (the result) if the sizes of the mapped dimensions differ, or there is none
     * @throws panatorch.TorchException (the result) for what needs the value of a sample: {@code item}, a branch, a shape; for an in-place
     * operator that would write different values to a tensor that all samples share; for a random operator, see {@link Randomness}
     */
    public static <A, R> Function<A, R> vmap(Function<A, R> f) {
        return vmap(f, o -> o);
    }

    /** Maps a function, with options: {@code vmap(f, o -> o.inDims(1).outDims(1).chunkSize(64))}. */
    public static <A, R> Function<A, R> vmap(Function<A, R> f, UnaryOperator<VmapOptions> options) {
        var mapped = new Vmap(one(f), options.apply(VmapOptions.DEFAULTS));
        return a -> cast(mapped.call(a));
    }

    /** Maps a function over dimension 0 of all tensors of both arguments; see {@link #vmap(Function)}. */
    public static <A, B, R> BiFunction<A, B, R> vmap(BiFunction<A, B, R> f) {
        return vmap(f, o -> o);
    }

    /** Maps a function of two arguments, with options: {@code vmap(f, o -> o.inDims(null, 0))}. */
    public static <A, B, R> BiFunction<A, B, R> vmap(BiFunction<A, B, R> f, UnaryOperator<VmapOptions> options) {
        var mapped = new Vmap(two(f), options.apply(VmapOptions.DEFAULTS));
        return (a, b) -> cast(mapped.call(a, b));
    }

    /** Maps a function over dimension 0 of all tensors of its three arguments; see {@link #vmap(Function)}. */
    public static <A, B, C, R> TriFunction<A, B, C, R> vmap(TriFunction<A, B, C, R> f) {
        return vmap(f, o -> o);
    }

    /** Maps a function of three arguments, with options: {@code vmap(f, o -> o.inDims(null, 0, 0))}. */
    public static <A, B, C, R> TriFunction<A, B, C, R> vmap(TriFunction<A, B, C, R> f, UnaryOperator<VmapOptions> options) {
        var mapped = new Vmap(three(f), options.apply(VmapOptions.DEFAULTS));
        return (a, b, c) -> cast(mapped.call(a, b, c));
    }

    // ---- grad

    /**
     * Returns the function that computes the gradient of {@code f}, whose result is a scalar []. {@link Tensor#grad} does not change.
     *
     * @param f a function whose argument is a floating-point tensor, or a list or map of such, as the gradient is
     * @throws IllegalArgumentException (the result) if the function returns anything but a scalar tensor
     */
    public static <A> Function<A, A> grad(Function<A, Tensor> f) {
        return a -> cast(Reverse.grad(one(f), list(a), FIRST).grad());
    }

    /** Returns the function that computes the gradient with respect to the first of two arguments. */
    public static <A, B> BiFunction<A, B, A> grad(BiFunction<A, B, Tensor> f) {
        return (a, b) -> cast(Reverse.grad(two(f), list(a, b), FIRST).grad());
    }

    /**
     * Returns the function that computes the gradient with respect to the arguments of these numbers, from 0.
     *
     * @param <G> the type of the argument, if there is one number; a list of the arguments, if there are several
     */
    public static <A, B, G> BiFunction<A, B, G> grad(BiFunction<A, B, Tensor> f, int... numbers) {
        return (a, b) -> cast(Reverse.grad(two(f), list(a, b), numbers).grad());
    }

    /** Returns the function that computes the gradient with respect to the first of three arguments. */
    public static <A, B, C> TriFunction<A, B, C, A> grad(TriFunction<A, B, C, Tensor> f) {
        return (a, b, c) -> cast(Reverse.grad(three(f), list(a, b, c), FIRST).grad());
    }

    /** Returns the function that computes the gradient with respect to chosen arguments; see {@link #grad(BiFunction, int...)}. */
    public static <A, B, C, G> TriFunction<A, B, C, G> grad(TriFunction<A, B, C, Tensor> f, int... numbers) {
        return (a, b, c) -> cast(Reverse.grad(three(f), list(a, b, c), numbers).grad());
    }

    /** Returns the function that computes the gradient of the result, and the rest of what {@code f} returns. */
    public static <A, S> Function<A, Aux<A, S>> gradWithAux(Function<A, Aux<Tensor, S>> f) {
        return a -> {
            var r = Reverse.grad(one(f), list(a), FIRST);
            return new Aux<>(Func.<A>cast(r.grad()), Func.<S>cast(r.aux()));
        };
    }

    /** Returns the function that computes gradient and value; see {@link #grad(Function)}. */
    public static <A> Function<A, GradAndValue<A>> gradAndValue(Function<A, Tensor> f) {
        return a -> value(Reverse.grad(one(f), list(a), FIRST));
    }

    /** Returns the function that computes the gradient with respect to the first of two arguments, and the value. */
    public static <A, B> BiFunction<A, B, GradAndValue<A>> gradAndValue(BiFunction<A, B, Tensor> f) {
        return (a, b) -> value(Reverse.grad(two(f), list(a, b), FIRST));
    }

    /** Returns the function that computes the gradient with respect to the first of three arguments, and the value. */
    public static <A, B, C> TriFunction<A, B, C, GradAndValue<A>> gradAndValue(TriFunction<A, B, C, Tensor> f) {
        return (a, b, c) -> value(Reverse.grad(three(f), list(a, b, c), FIRST));
    }

    private static <A> GradAndValue<A> value(Reverse.Result result) {
        return new GradAndValue<>(Func.<A>cast(result.grad()), result.value());
    }

    // ---- products with the Jacobian

    /** Computes {@code f}, and returns its output with the function that multiplies vectors with its Jacobian, Jᵀv. */
    public static <A, R> Vjp<A, R> vjp(Function<A, R> f, A argument) {
        return Vjp.of(one(f), list(argument), 0);
    }

    /**
     * Computes the output of {@code f} and the product of its Jacobian and a vector, J·v, in forward mode. libtorch has one level of
     * forward mode in a process, so calls on several threads wait for each other; nested ones do not.
     *
     * @param tangent the vector, of the structure, shapes and types of {@code argument}
     * @throws panatorch.TorchException if an operator has no forward-mode derivative
     */
    public static <A, R> Jvp<R> jvp(Function<A, R> f, A argument, A tangent) {
        return cast(Forward.jvp(one(f), list(argument), FIRST, tangent));
    }

    /** Computes {@code f}, and returns its output with the function that multiplies its Jacobian with vectors, J·v. */
    public static <A, R> Linearized<A, R> linearize(Function<A, R> f, A argument) {
        return Linearized.of(one(f), argument);
    }

    // ---- Jacobians

    /**
     * Returns the function that computes the Jacobian of {@code f} in reverse mode, which is cheap for few outputs and many inputs.
     *
     * @param f a function of a real tensor, or a list or map of such, to a real tensor
     * @return for each tensor of the argument one of the shape {@code [*output, *input]}
     */
    public static <A> Function<A, A> jacrev(Function<A, Tensor> f) {
        return a -> cast(Jacobians.reverse(one(f), list(a), 0, 0));
    }

    /** Returns {@link #jacrev(Function)} that computes at most {@code chunkSize} rows at a time, which bounds the memory. */
    public static <A> Function<A, A> jacrev(Function<A, Tensor> f, int chunkSize) {
        if (chunkSize < 1) throw new IllegalArgumentException("jacrev: the chunk size must be greater than 0, not " + chunkSize);
        return a -> cast(Jacobians.reverse(one(f), list(a), 0, chunkSize));
    }

    /** Returns the function that computes the Jacobian with respect to the first of two arguments; see {@link #jacrev(Function)}. */
    public static <A, B> BiFunction<A, B, A> jacrev(BiFunction<A, B, Tensor> f) {
        return (a, b) -> cast(Jacobians.reverse(two(f), list(a, b), 0, 0));
    }

    /** Returns the function that computes the Jacobian with respect to argument {@code number}, of type {@code G}. */
    public static <A, B, G> BiFunction<A, B, G> jacrev(BiFunction<A, B, Tensor> f, int number) {
        return (a, b) -> cast(Jacobians.reverse(two(f), list(a, b), number, 0));
    }

    /** Returns the function that computes the Jacobian of each of several outputs; see {@link #jacrev(Function)}. */
    public static <A> Function<A, List<A>> jacrevAll(Function<A, List<Tensor>> f) {
        return a -> cast(Jacobians.reverse(one(f), list(a), 0, 0));
    }

    /**
     * Returns the function that computes the Jacobian of {@code f} in forward mode, which is cheap for few inputs and many outputs. See
     * {@link #jacrev(Function)} for the types, {@link #jvp} for threads.
     */
    public static <A> Function<A, A> jacfwd(Function<A, Tensor> f) {
        return jacfwd(f, Randomness.ERROR);
    }

    /** Returns {@link #jacfwd(Function)} of a function with random numbers. */
    public static <A> Function<A, A> jacfwd(Function<A, Tensor> f, Randomness randomness) {
        return a -> cast(Jacobians.forward(one(f), list(a), 0, randomness));
    }

    /** Returns the function that computes the Jacobian with respect to the first of two arguments; see {@link #jacfwd(Function)}. */
    public static <A, B> BiFunction<A, B, A> jacfwd(BiFunction<A, B, Tensor> f) {
        return (a, b) -> cast(Jacobians.forward(two(f), list(a, b), 0, Randomness.ERROR));
    }

    /** Returns the function that computes the Jacobian with respect to argument {@code number}, of type {@code G}. */
    public static <A, B, G> BiFunction<A, B, G> jacfwd(BiFunction<A, B, Tensor> f, int number) {
        return (a, b) -> cast(Jacobians.forward(two(f), list(a, b), number, Randomness.ERROR));
    }

    /** Returns the function that computes the Jacobian of each of several outputs; see {@link #jacfwd(Function)}. */
    public static <A> Function<A, List<A>> jacfwdAll(Function<A, List<Tensor>> f) {
        return a -> cast(Jacobians.forward(one(f), list(a), 0, Randomness.ERROR));
    }

    /**
     * Returns the function that computes the Hessian of {@code f}, in forward over reverse mode.
     *
     * @param f a function of a tensor to a scalar [] (or to any tensor)
     * @return of the shape {@code [*output, *input, *input]}
     */
    public static Function<Tensor, Tensor> hessian(Function<Tensor, Tensor> f) {
        return jacfwd(jacrev(f));
    }

    /**
     * Returns the function that computes the Hessian of a function of a list or map of tensors.
     *
     * @param <H> the argument's structure, with the argument's structure in the place of each tensor: {@code List<List<Tensor>>}
     */
    public static <A, H> Function<A, H> hessianAll(Function<A, Tensor> f) {
        Function<List<@Nullable Object>, Object> rows = a -> Objects.requireNonNull(Jacobians.reverse(one(f), a, 0, 0));
        return a -> cast(Jacobians.forward(rows, list(a), 0, Randomness.ERROR));
    }

    /**
     * Returns the tensor behind one inside a transformed function, with all samples of {@code vmap} and without derivatives, to look at it
     * while searching for an error. Computing with it gives wrong results.
     */
    public static Tensor debugUnwrap(Tensor t) {
        return Wrappers.innermost(t);
    }
}
