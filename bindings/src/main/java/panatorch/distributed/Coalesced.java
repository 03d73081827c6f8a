package panatorch.distributed;

import java.util.List;
import panatorch.Aten;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.internal.distributed.NativeReducer;

/** Broadcasts of many tensors, put together by type into messages of up to 250 MB as PyTorch's data-parallel ranks expect them. */
final class Coalesced {
    private Coalesced() {}

    private static final long BYTES = 250L << 20;

    static void broadcast(ProcessGroup group, int root, List<Tensor> tensors) throws InterruptedException {
        if (tensors.isEmpty()) return;
        for (Tensor t : tensors) group.calls().device().check(t);
        for (int[] bucket : NativeReducer.buckets(tensors, BYTES)) {
            try (var scope = Scope.open(); var off = NoGrad.enter()) {
                var own = new Tensor[bucket.length];
                var flat = new Tensor[bucket.length];
                for (int i = 0; i < bucket.length; i++) flat[i] = (own[i] = tensors.get(bucket[i]).detach()).reshape(-1);
                Tensor all = Aten.cat(List.of(flat));
                group.broadcast(root, all).await();
                if (group.rank() == root) continue;
                long at = 0;
                for (Tensor t : own) {
                    t.copy_(all.narrow(0, at, t.numel()).view(t.shape()));
                    at += t.numel();
                }
            }
        }
    }
}
