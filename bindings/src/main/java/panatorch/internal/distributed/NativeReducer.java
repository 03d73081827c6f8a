package panatorch.internal.distributed;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.BoolVector;
import org.bytedeco.pytorch.LoggerOptional;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Reducer;
import org.bytedeco.pytorch.SizeTStringMap;
import org.bytedeco.pytorch.SizeTVector;
import org.bytedeco.pytorch.SizeTVectorVector;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import panatorch.JavaCpp;
import panatorch.Tensor;

/**
 * libtorch's {@code Reducer}, which all-reduces gradients in buckets while backward computes them. One thread at a time. It owns references
 * to the parameters until {@link #close}.
 */
public final class NativeReducer implements AutoCloseable {
    private final Reducer reducer;

    /**
     * Adds hooks to parameters.
     *
     * @param parameters tensors that require gradients
     * @param buckets indices of parameters, in the order in which the buckets are sent
     * @param bucketBytes bytes of a bucket that libtorch makes itself, and of the first of them
     */
    public NativeReducer(NativeGroup group, List<Tensor> parameters, List<int[]> buckets, long bucketBytes, long firstBytes,
            boolean findUnused) {
        reducer = withVector(parameters, vector -> {
            var indices = new SizeTVectorVector((long) buckets.size());
            try (indices; var sparse = new BoolVector(new boolean[parameters.size()]); var names = new SizeTStringMap();
                    var limits = new LongVector()) {
                for (int i = 0; i < buckets.size(); i++) {
                    long[] bucket = new long[buckets.get(i).length];
                    for (int j = 0; j < bucket.length; j++) bucket[j] = buckets.get(i)[j];
                    try (var one = new SizeTVector(bucket)) {
                        indices.put(i, one);
                    }
                }
                return new Reducer(vector, indices, group.group(), sparse, bucketBytes, findUnused, false, names, firstBytes, false, false,
                        limits, false);
            }
        });
    }

    private interface WithVector<T> {
        T apply(TensorVector vector);
    }

    private static <T> T withVector(List<Tensor> tensors, WithVector<T> call) {
        return JavaCpp.call(() -> {
            var own = new org.bytedeco.pytorch.Tensor[tensors.size()];
            try {
                for (int i = 0; i < own.length; i++) own[i] = tensors.get(i).unwrap();
                try (var vector = own.length == 0 ? new TensorVector() : new TensorVector(own)) {
                    return call.apply(vector);
                }
            } finally {
                for (var t : own) if (t != null) t.close();
            }
        });
    }

    /**
     * Puts tensors into buckets by type.
     *
     * @param limits bytes of the first bucket of a type, of the second, and so on; the last one counts for the rest
     * @return the tensors' indices, bucket by bucket, in the order of each bucket's first tensor
     */
    public static List<int[]> buckets(List<Tensor> tensors, long... limits) {
        return withVector(tensors, vector -> {
            try (var sizes = new SizeTVector(limits); var sparse = new BoolVector(); var indices = new LongVector();
                    var logger = new LoggerOptional();
                    var assigned = torch.compute_bucket_assignment_by_size(vector, sizes, sparse, indices, logger);
                    var buckets = assigned.get0()) {
                var all = new ArrayList<int[]>();
                for (long i = 0; i < buckets.size(); i++) {
                    SizeTVector bucket = buckets.get(i);
                    var own = new int[(int) bucket.size()];
                    for (int j = 0; j < own.length; j++) own[j] = (int) bucket.get(j);
                    all.add(own);
                }
                return all;
            }
        });
    }

    /** Compares the shapes of parameters over all ranks in the way of Python's ranks. */
    public static void verify(NativeGroup group, List<Tensor> parameters) {
        withVector(parameters, vector -> {
            try (var logger = new LoggerOptional()) {
                torch.verify_params_across_processes(group.group(), vector, logger);
            }
            return vector;
        });
    }

    public void prepareForForward() { JavaCpp.run(reducer::prepare_for_forward); }

    /** @param outputs results whose graph is searched for unused parameters; empty if all parameters are used */
    public void prepareForBackward(List<Tensor> outputs) {
        withVector(outputs, vector -> {
            reducer.prepare_for_backward(vector);
            return vector;
        });
    }

    /** Makes buckets anew in the order in which gradients became ready in the first pass, or else of {@link #fixBuckets}. */
    public void rebuildBuckets() {
        JavaCpp.run(reducer::rebuild_buckets);
    }

    /** Makes the last change of the buckets now, in the order of the parameters. */
    public void fixBuckets() {
        JavaCpp.run(reducer::push_rebuilt_params_for_all_indices);
        rebuildBuckets();
    }

    /** Throws libtorch's error if the reduction of the last pass is not complete. */
    public void checkFinished() {
        JavaCpp.run(reducer::check_finalized);
    }

    /** Sends gradients as float16. */
    public void compress() {
        JavaCpp.run(() -> reducer.register_builtin_comm_hook(torch.BuiltinCommHookType.FP16_COMPRESS.value));
    }

    /** Removes the hooks and frees the buckets. Call it once. */
    @Override public void close() {
        JavaCpp.run(() -> {
            reducer.remove_autograd_hooks();
            reducer.deallocate();
        });
    }
}
