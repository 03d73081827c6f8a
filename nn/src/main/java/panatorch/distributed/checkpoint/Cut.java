package panatorch.distributed.checkpoint;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Says which part of each tensor of a checkpoint is read. */
@FunctionalInterface
public interface Cut {
    /** Reads all tensors as a whole. */
    Cut WHOLE = (path, shape) -> Region.whole(shape);

    /**
     * Returns the part of a tensor that is read, or null to leave the tensor out.
     *
     * @param path the keys that lead to the tensor, such as {@code [model, 0.weight]} or {@code [optimizer, state, 0, exp_avg]}
     * @param shape shape of the whole tensor
     */
    @Nullable Region of(List<String> path, List<Long> shape);
}
