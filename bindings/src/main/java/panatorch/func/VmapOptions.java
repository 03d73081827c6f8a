package panatorch.func;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The options of {@code vmap}. Immutable: each method returns changed options.
 *
 * <p>
 * A dimension is an {@code Integer}, counted from the end if it is negative, or null. For an argument or a result that is a list or a map,
 * it is the dimension of all its tensors, or a {@link List} or {@link Map} of the same structure with a dimension for each.
 *
 * @param inDims for each argument its dimension to map over, null for an argument that is the same for all samples; if the list is null,
 * dimension 0 of all
 * @param outDims where the results get the mapped dimension; null for a result that is the same for all samples
 * @param chunkSize the most samples to compute at a time, which bounds the memory; 0 for all
 * @param randomness the random numbers of the samples
 */
public record VmapOptions(@Nullable List<@Nullable Object> inDims, @Nullable Object outDims, int chunkSize, Randomness randomness) {
    /** The options of {@code vmap(f)}. */
    public static final VmapOptions DEFAULTS = new VmapOptions(null, 0, 0, Randomness.ERROR);

    public VmapOptions {
        if (chunkSize < 0)
            throw new IllegalArgumentException("vmap: the chunk size must be positive, or 0 for no chunks, not " + chunkSize);
    }

    /** Sets the dimensions to map over, one for each argument: {@code inDims(null, 0)}. */
    public VmapOptions inDims(@Nullable Object... inDims) {
        var each = new ArrayList<@Nullable Object>();
        for (Object dim : inDims) each.add(dim);
        return new VmapOptions(each, outDims, chunkSize, randomness);
    }

    /** Sets the place of the mapped dimension in the results. */
    public VmapOptions outDims(@Nullable Object outDims) {
        return new VmapOptions(inDims, outDims, chunkSize, randomness);
    }

    /** Sets the most samples to compute at a time, more than 0. */
    public VmapOptions chunkSize(int chunkSize) {
        if (chunkSize < 1) throw new IllegalArgumentException("vmap: the chunk size must be greater than 0, not " + chunkSize);
        return new VmapOptions(inDims, outDims, chunkSize, randomness);
    }

    /** Sets the random numbers of the samples. */
    public VmapOptions randomness(Randomness randomness) {
        return new VmapOptions(inDims, outDims, chunkSize, randomness);
    }
}
