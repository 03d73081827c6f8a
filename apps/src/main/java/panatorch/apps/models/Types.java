package panatorch.apps.models;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.apps.console.InputException;
import panatorch.export.Signature;

/** Conversions between the values of models and tensors, and how types are shown. */
public final class Types {
    private Types() {}

    /** Shows what a value of a signature is: {@code float32 [s0, 3, 224, 224]}. */
    public static String of(Signature.Value v) {
        return switch (v) {
            case Signature.TensorValue t -> name(t.dtype()) + " "
                    + t.dims().stream().map(Object::toString).collect(Collectors.joining(", ", "[", "]"));
            case Signature.NumberValue n -> "number " + n.value();
            case Signature.ConstantValue c -> "constant " + c.value();
        };
    }

    public static String name(DType dtype) { return dtype.toString().toLowerCase(Locale.ROOT); }

    /** Returns the sizes of a tensor of a signature, −1 for those that may differ; null for other values. */
    static @Nullable List<Long> sizes(Signature.Value v) {
        return v instanceof Signature.TensorValue t
                ? t.dims().stream().map(d -> d instanceof Signature.Fixed f ? f.size() : -1L).toList() : null;
    }

    /** Returns a value as a tensor: itself, or a number as a tensor []; null for others. */
    static @Nullable Tensor tensor(@Nullable Object value) {
        return switch (value) {
            case Tensor t -> t;
            case Boolean b -> Torch.tensor(b);
            case Long n -> Torch.tensor(n);
            case Double d -> Torch.tensor(d);
            case null, default -> null;
        };
    }

    /**
     * Returns the number that a tensor holds.
     *
     * @throws InputException if it has more elements
     */
    static Object number(String name, Tensor t) {
        if (t.numel() != 1) throw new InputException("the input '" + name + "' is a number, and " + t.describe() + " was given");
        if (t.dtype() == DType.BOOL) return t.itemLong() != 0;
        if (t.dtype().isFloatingPoint()) return t.itemDouble();
        return t.itemLong();
    }

    static String firstLine(Throwable e) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        return message.lines().map(String::strip).filter(l -> !l.isEmpty()).findFirst().orElse("");
    }
}
