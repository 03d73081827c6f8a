package panatorch.profiler;

import java.util.List;

/**
 * One call of an operator, of a node of the backward pass, or of a {@link panatorch.RecordFunction} range.
 *
 * @param name the name as in PyTorch's profiler, such as {@code aten::addmm}
 * @param inputShapes the shape of each input, empty for those that are no tensors; an empty list without recorded shapes
 * @param startNanos {@link System#nanoTime} at the beginning
 * @param totalNanos duration
 * @param selfNanos duration without the events inside this one on the same thread
 * @param thread id of the Java thread, also of those that libtorch began
 * @param range whether the program named it by {@link panatorch.RecordFunction}
 */
public record ProfiledEvent(String name, List<List<Long>> inputShapes, long startNanos, long totalNanos, long selfNanos, long thread,
        boolean range) {}
