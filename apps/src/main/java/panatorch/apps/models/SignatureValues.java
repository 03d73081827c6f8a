package panatorch.apps.models;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.TorchException;
import panatorch.apps.console.InputException;
import panatorch.export.Inputs;
import panatorch.export.Outputs;
import panatorch.export.Signature;

/** What programs with a signature take and return, as tensors by name. */
final class SignatureValues {
    private SignatureValues() {}

    static List<LoadedModel.Input> inputs(Signature signature) {
        var inputs = new ArrayList<LoadedModel.Input>();
        for (Signature.Value v : signature.inputs())
            if (!(v instanceof Signature.ConstantValue))
                inputs.add(new LoadedModel.Input(v.name(), Types.of(v), Types.sizes(v), true));
        return inputs;
    }

    /**
     * Runs a program.
     *
     * @throws InputException if an input does not fit, or the program fails; the message says what
     */
    static Map<String, Tensor> run(LoadedModel model, Signature signature, Map<String, Tensor> given, Function<Inputs, Outputs> program) {
        Inputs inputs = Inputs.of();
        for (Signature.Value v : signature.inputs())
            if (!(v instanceof Signature.ConstantValue)) inputs = inputs.and(v.name(), value(v, given.get(v.name())));
        try {
            Outputs outputs = program.apply(inputs);
            var results = new LinkedHashMap<String, Tensor>();
            for (Signature.Value v : signature.outputs()) {
                Tensor t = Types.tensor(outputs.get(v.name()));
                if (t != null) results.put(v.name(), t);
            }
            return results;
        } catch (IllegalArgumentException e) {
            throw new InputException(e.getMessage() + "; the model takes " + model.described(), e);
        } catch (TorchException e) {
            throw new InputException("the model failed on these inputs: " + Types.firstLine(e), e);
        }
    }

    private static @Nullable Object value(Signature.Value v, @Nullable Tensor given) {
        return v instanceof Signature.NumberValue && given != null ? Types.number(v.name(), given) : given;
    }
}
