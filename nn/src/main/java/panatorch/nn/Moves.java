package panatorch.nn;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.MemoryFormat;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Moves and conversions of the tensors of a module and all modules inside. Each stays the same object with other data, except on the way to
 * and from the meta device, where other tensors take the places of a module's own.
 */
final class Moves {
    private Moves() {}

    static void to(Module root, @Nullable Device device, @Nullable DType dtype, @Nullable MemoryFormat format) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            if (device != null) moveMeta(root, device);
            for (Tensor t : root.createdParameters().values()) {
                Tensor gradient = t.grad();
                move(t, device, dtype, format);
                if (gradient == null) continue;
                t.setGrad(null); // its type would differ for a moment
                move(gradient, device, dtype, format);
                t.setGrad(gradient);
            }
            for (Tensor t : root.namedBuffers().values()) move(t, device, dtype, format);
        }
    }

    private static void move(Tensor t, @Nullable Device device, @Nullable DType dtype, @Nullable MemoryFormat format) {
        DType type = dtype != null && t.dtype().isFloatingPoint() ? dtype : t.dtype();
        boolean formed = t.dim() == (format == MemoryFormat.CHANNELS_LAST_3D ? 5 : 4);
        t.setData(t.to(device == null ? t.device() : device, type, false, false, formed ? format : null));
    }

    private static boolean isMeta(Device device) { return device.type() == Device.Type.META; }

    /** Moves to the meta device what is elsewhere, and refuses to move from there. */
    private static void moveMeta(Module root, Device device) {
        if (isMeta(device)) {
            exchange(root, t -> isMeta(t.device()) ? t : t.detach().to(device), true);
            return;
        }
        requireData(root, root.createdParameters());
        requireData(root, root.namedBuffers());
    }

    private static void requireData(Module root, Map<String, Tensor> tensors) {
        tensors.forEach((name, t) -> {
            if (isMeta(t.device()))
                throw new UnsupportedOperationException("Cannot copy out of meta tensor; no data! '" + name + "' of " + root.name()
                        + " is " + t.describe() + ". Call toEmpty(device), then load or initialise the weights");
        });
    }

    static void toEmpty(Module root, Device device) {
        root.zeroGrad();
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            exchange(root, t -> {
                Tensor empty = Aten.emptyLike(t.detach(), null, null, device);
                if (isMeta(device) || isMeta(t.device())) return empty;
                t.setData(empty);
                return t;
            }, false);
        }
    }

    /** Replaces each tensor of all modules by another, the same where it is tied, and closes it. */
    private static void exchange(Module root, UnaryOperator<Tensor> by, boolean gradients) {
        var made = new IdentityHashMap<Tensor, Tensor>();
        for (Module m : root.modules()) {
            exchange(m, m.ownParameters(), made, by, gradients);
            exchange(m, m.ownBuffers(), made, by, gradients);
        }
        made.forEach((before, now) -> { if (before != now) before.close(); });
    }

    private static void exchange(Module owner, Map<String, @Nullable Tensor> tensors, Map<Tensor, Tensor> made, UnaryOperator<Tensor> by,
            boolean gradients) {
        tensors.replaceAll((name, t) -> {
            if (t == null) return null;
            Tensor now = made.get(t);
            if (now == null) {
                now = by.apply(t);
                if (now != t) now.escape().requiresGrad_(t.requiresGrad());
                Tensor gradient = t.grad();
                if (now != t && gradients && gradient != null) now.setGrad(by.apply(gradient));
                made.put(t, now);
            }
            if (now != t) owner.replacing(name, now);
            return now;
        });
    }
}
