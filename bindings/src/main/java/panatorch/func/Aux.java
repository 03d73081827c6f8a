package panatorch.func;

/**
 * A result that is differentiated, and others that are not: {@code has_aux=True} of {@code torch.func}.
 *
 * @param <R> the result's type
 * @param <S> the others' type: a tensor, list or map of tensors
 */
public record Aux<R, S>(R result, S aux) {}
