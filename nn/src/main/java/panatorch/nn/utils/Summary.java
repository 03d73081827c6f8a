package panatorch.nn.utils;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.Hooks;
import panatorch.nn.Module;

/**
 * The layers of a model with their output shapes and numbers of parameters, as the Python package {@code torchinfo} prints them.
 *
 * <pre>{@code System.out.println(Summary.of(ResNet.resnet18(ResNet.Stem.IMAGENET, 1000), 1, 3, 224, 224)); }</pre>
 *
 * @param rows the modules in the order in which {@code namedModules} lists them, the model first
 * @param parameters number of elements of all parameters, shared ones once
 * @param trainable number of those that require gradients
 * @param buffers number of elements of all buffers
 * @param bytes bytes of all parameters and buffers
 */
public record Summary(List<Row> rows, long parameters, long trainable, long buffers, long bytes) {
    public Summary {
        rows = List.copyOf(rows);
    }

    /**
     * One module.
     *
     * @param path its name within the model, empty for the model
     * @param type name of its class
     * @param output shape of its first output at its last call; null if it was not called
     * @param parameters number of elements of its own parameters, without those of its children
     */
    public record Row(String path, String type, @Nullable List<Long> output, long parameters) {}

    /**
     * Runs a model once on zeros of a shape.
     *
     * @param inputSize shape of the input, batch included: float32 on the device of the first parameter
     */
    public static Summary of(Module model, long... inputSize) {
        try (var scope = Scope.open()) {
            Tensor input = Torch.zeros(inputSize);
            List<Tensor> parameters = model.parameters();
            return of(model, parameters.isEmpty() ? input : input.to(parameters.getFirst().device()));
        }
    }

    /** Runs a model once on an input, in evaluation mode and without gradients. Afterwards every module is in its earlier mode. */
    public static Summary of(Module model, Tensor input) {
        Map<String, Module> modules = model.namedModules();
        var training = new IdentityHashMap<Module, Boolean>();
        var shapes = new IdentityHashMap<Module, List<Long>>();
        var hooks = new ArrayList<Hooks.Handle>();
        for (Module m : modules.values()) training.put(m, m.isTraining());
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            for (Module m : modules.values()) {
                hooks.add(m.hooks().afterForward((module, in, out) -> {
                    shapes.put(module, Arrays.stream(out.getFirst().shape()).boxed().toList());
                    return null;
                }));
            }
            model.eval();
            model.call(input);
        } finally {
            hooks.forEach(Hooks.Handle::close);
            // A module's mode is also that of its children, so the outer ones come first, as they are listed.
            for (Module m : modules.values()) m.train(Boolean.TRUE.equals(training.get(m)));
        }
        var rows = new ArrayList<Row>();
        modules.forEach((path, m) -> rows.add(new Row(path, m.getClass().getSimpleName(), shapes.get(m),
                m.namedParameters(false).values().stream().mapToLong(Tensor::numel).sum())));
        List<Tensor> parameters = model.parameters();
        List<Tensor> buffers = List.copyOf(model.namedBuffers().values());
        return new Summary(rows, sum(parameters), sum(parameters.stream().filter(Tensor::requiresGrad).toList()), sum(buffers),
                bytes(parameters) + bytes(buffers));
    }

    private static long sum(List<Tensor> tensors) { return tensors.stream().mapToLong(Tensor::numel).sum(); }

    private static long bytes(List<Tensor> tensors) { return tensors.stream().mapToLong(t -> t.numel() * t.dtype().bytes()).sum(); }

    /** Returns the table as text. */
    @Override public String toString() {
        var text = new StringBuilder(line("Layer", "Output Shape", "Parameters"));
        for (Row row : rows) {
            long depth = row.path.isEmpty() ? 0 : 1 + row.path.chars().filter(c -> c == '.').count();
            String name = row.path.substring(row.path.lastIndexOf('.') + 1);
            text.append(line("  ".repeat((int) depth) + row.type + (name.isEmpty() ? "" : " (" + name + ")"),
                    row.output == null ? "-" : row.output.toString(),
                    row.parameters == 0 ? "-" : String.format(Locale.ROOT, "%,d", row.parameters)));
        }
        return text.append(
                String.format(Locale.ROOT, "%,d parameters, of which %,d are trainable; %,d numbers in buffers; %.2f MB", parameters,
                        trainable, buffers, bytes / 1e6))
                .toString();
    }

    private static String line(String layer, String shape, String parameters) {
        return String.format("%-44s %-24s %14s%n", layer, shape, parameters);
    }
}
