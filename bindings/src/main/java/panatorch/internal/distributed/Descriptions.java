package panatorch.internal.distributed;

import java.util.regex.Pattern;
import panatorch.Tensor;

/** Descriptions of tensors that ranks compare. They leave out the number of a GPU, which differs from rank to rank. */
public final class Descriptions {
    private Descriptions() {}

    private static final Pattern GPU = Pattern.compile(" on cuda:\\d+");

    /** Returns the type and shape of a tensor, and whether it is on a GPU. */
    public static String of(Tensor tensor) {
        return GPU.matcher(tensor.describe()).replaceAll(" on a GPU");
    }
}
