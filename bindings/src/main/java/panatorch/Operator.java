package panatorch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.OperatorName;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.FewRows;

/** An operator of libtorch's dispatcher, looked up at its first call. */
final class Operator {
    private final String name;
    private final String overload;
    private final @Nullable Variant variant;
    /** Volatile, since a JavaCPP object is not safe to hand over otherwise. */
    private volatile @Nullable OperatorHandle handle;
    private @Nullable OperatorSchema schema;
    private static final Set<String> TRAINING = Set.of("aten::requires_grad_", "aten::_backward");
    private final boolean trains, linear;
    /** The check of the arguments before libtorch is called; null for nearly all operators. */
    private final ArgumentChecks.@Nullable Check check;

    /**
     * The overload that takes the same arguments, followed by tensors to write the results to.
     *
     * @param made index of the first of the arguments dtype, layout, device, pin_memory, which the overload does not take; -1 for none
     * @param dtype default of the first of them, a code of {@link DType}, or -1 for null
     */
    record Variant(Operator operator, int made, int dtype) {}

    Operator(String name, String overload) { this((Variant) null, name, overload); }

    Operator(String name, String overload, String out) { this(name, overload, out, -1, -1); }

    Operator(String name, String overload, String out, int made, int dtype) {
        this(new Variant(new Operator(name, out), made, dtype), name, overload);
    }

    private Operator(@Nullable Variant variant, String name, String overload) {
        this.name = name;
        this.overload = overload;
        this.variant = variant;
        check = ArgumentChecks.of(name);
        trains = TRAINING.contains(name);
        linear = name.equals(FewRows.OPERATOR);
    }

    /** @param qualified {@code aten::add.Tensor} */
    Operator(String qualified) {
        int dot = qualified.indexOf('.');
        name = dot < 0 ? qualified : qualified.substring(0, dot);
        overload = dot < 0 ? "" : qualified.substring(dot + 1);
        variant = null;
        check = ArgumentChecks.of(name);
        trains = TRAINING.contains(name);
        linear = name.equals(FewRows.OPERATOR);
    }

    ArgumentChecks.@Nullable Check check() { return check; }

    /** Returns whether a thread that calls this operator counts as training. */
    boolean trains() { return trains; }

    /** Returns whether {@link FewRows} may know a faster way. */
    boolean isLinear() { return linear; }

    /** Returns the variant that writes to given tensors; null if there is none, or the operator was looked up by name. */
    @Nullable Variant variant() {
        return variant;
    }

    String name() { return name; }

    String overload() { return overload; }

    /** Returns the name with the overload, such as {@code aten::add.Tensor}. */
    String qualified() {
        return overload.isEmpty() ? name : name + "." + overload;
    }

    /**
     * Returns libtorch's handle of the operator.
     *
     * @throws TorchException if libtorch does not know the operator
     */
    OperatorHandle handle() {
        OperatorHandle h = handle;
        return h != null ? h : find();
    }

    private OperatorHandle find() {
        Startup.ensure();
        try {
            return handle = Dispatcher.singleton().findSchemaOrThrow(name, overload);
        } catch (RuntimeException e) {
            var overloads = Known.OVERLOADS.getOrDefault(name, List.of());
            throw new TorchException(name, "libtorch has no operator " + qualified() + "."
                    + (overloads.isEmpty() ? "" : " There are " + String.join(", ", overloads) + "."), e);
        }
    }

    /** The operators that existed when a look-up first failed, by name. */
    private static final class Known {
        static final Map<String, List<String>> OVERLOADS = allNames();
    }

    /** Returns the overloads that libtorch knows now, by name. */
    static Map<String, List<String>> allNames() {
        Startup.ensure();
        var found = new HashMap<String, List<String>>();
        try (OperatorName all = Dispatcher.singleton().getAllOpNames()) {
            for (long i = all.position(); i < all.limit(); i++) {
                OperatorName n = all.getPointer(i);
                String name = OperatorSchema.text(n.name()), overload = OperatorSchema.text(n.overload_name());
                found.computeIfAbsent(name, k -> new ArrayList<>()).add(overload.isEmpty() ? name : name + "." + overload);
            }
        }
        return found;
    }

    OperatorSchema schema() {
        OperatorSchema s = schema;
        return s != null ? s : (schema = OperatorSchema.of(handle().schema()));
    }

    /** Returns whether the operator writes to tensors among its arguments. */
    boolean changesArguments() {
        return handle().schema().is_mutable();
    }
}
