package panatorch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.bytedeco.pytorch.Node;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.References;

/**
 * Users' hooks on gradients. A hook lives as long as the node of the graph, or the leaf, that calls it. libtorch does not report when one
 * of those is gone. So each is held here, and from time to time those are released that nobody else holds.
 */
final class TensorHooks {
    private TensorHooks() {}

    private static final int FEW = 64;
    /** The hooks by the address of the node, or of the leaf. */
    private static final LinkedHashMap<Long, Owner> OWNERS = new LinkedHashMap<>();
    private static int enough = FEW;

    /**
     * A node or a leaf with its hooks.
     *
     * @param node null for a leaf
     */
    private record Owner(long address, @Nullable Node node, List<GradientHook> hooks) {
        static Owner of(Tensor t) {
            if (t.isLeaf()) return new Owner(t.shareImpl(), null, new ArrayList<>());
            try (var own = t.unwrap()) {
                Node node = own.grad_fn();
                return new Owner(node.address(), node, new ArrayList<>());
            }
        }

        boolean isUnused() { return References.count(address) == 1; }

        void release() {
            if (node == null) Tensor.free(address);
            else node.deallocate();
        }
    }

    /** A hook that can be switched off. */
    private static final class Switchable implements GradientHook.Code {
        private volatile java.util.function.@Nullable Function<Tensor, @Nullable Tensor> code;

        Switchable(java.util.function.Function<Tensor, @Nullable Tensor> code) { this.code = code; }

        @Override public @Nullable Tensor call(Tensor gradient) {
            var c = code;
            return c == null ? null : c.apply(gradient);
        }
    }

    static Hook register(Tensor t, java.util.function.Function<Tensor, @Nullable Tensor> code) {
        var switchable = new Switchable(code);
        var hook = new GradientHook(switchable).on(t);
        var owner = Owner.of(t);
        synchronized (OWNERS) {
            var known = OWNERS.putIfAbsent(owner.address, owner);
            if (known != null) owner.release();
            (known == null ? owner : known).hooks.add(hook);
            if (OWNERS.size() > enough) {
                sweep();
                enough = Math.max(FEW, 2 * OWNERS.size());
            }
        }
        return new Hook(() -> switchable.code = null);
    }

    /** Releases hooks that cannot be called any more, the youngest first, as their nodes hold older ones. */
    static void sweep() {
        synchronized (OWNERS) {
            for (var entries = OWNERS.sequencedValues().reversed().iterator(); entries.hasNext();) {
                Owner owner = entries.next();
                if (!owner.isUnused()) continue;
                entries.remove();
                owner.release();
                owner.hooks.forEach(GradientHook::deallocate);
            }
        }
    }

    static int count() {
        synchronized (OWNERS) {
            return OWNERS.size();
        }
    }
}
