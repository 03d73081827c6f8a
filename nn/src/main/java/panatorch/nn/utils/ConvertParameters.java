package panatorch.nn.utils;

import java.util.List;
import panatorch.Aten;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/** Conversion between a list of parameters and one vector of all their elements, after {@code torch.nn.utils.convert_parameters}. */
public final class ConvertParameters {
    private ConvertParameters() {}

    /**
     * Returns all elements, in order, as one vector that is differentiable by the parameters.
     *
     * @throws IllegalArgumentException if there are no parameters, or they are on several devices
     */
    public static Tensor parametersToVector(List<Tensor> parameters) {
        requireOneDevice(parameters);
        try (var scope = Scope.open()) {
            return scope.move(Aten.cat(parameters.stream().map(p -> p.reshape(-1)).toList(), 0));
        }
    }

    /**
     * Gives parameters the values of a vector, which {@link #parametersToVector} has made of parameters of the same shapes. They are copied
     * into the parameters' own memory; in Python the parameters share the vector's.
     *
     * @throws IllegalArgumentException if the vector has another number of elements than the parameters
     */
    public static void vectorToParameters(Tensor vector, List<Tensor> parameters) {
        requireOneDevice(parameters);
        long all = parameters.stream().mapToLong(Tensor::numel).sum();
        if (vector.dim() != 1 || vector.numel() != all)
            throw new IllegalArgumentException("the parameters have " + all + " elements, and the vector is " + vector.describe());
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            long from = 0;
            for (Tensor p : parameters) {
                p.copy_(vector.narrow(0, from, p.numel()).viewAs(p));
                from += p.numel();
            }
        }
    }

    private static void requireOneDevice(List<Tensor> parameters) {
        if (parameters.isEmpty()) throw new IllegalArgumentException("there are no parameters");
        for (Tensor p : parameters)
            if (!p.device().equals(parameters.getFirst().device()))
                throw new IllegalArgumentException("the parameters are on different devices: " + parameters.getFirst().device() + " and "
                        + p.device());
    }
}
