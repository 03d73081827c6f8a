package panatorch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Argument;
import org.bytedeco.pytorch.global.torch;
import panatorch.internal.calls.PreparedOperator;

/** A {@link PreparedOperator} called by a {@link Call}. */
final class RawOperator extends PreparedOperator {
    private final Operator operator;
    private final List<Parameter> parameters;

    RawOperator(Operator operator) {
        this.operator = operator;
        var list = new ArrayList<Parameter>();
        Argument arguments = operator.handle().schema().arguments(); // null if there are none
        for (OperatorSchema.Parameter p : operator.schema().parameters()) {
            Argument a = arguments.getPointer(list.size());
            var length = a.N();
            list.add(new Parameter(p.name(), p.type(), length.has_value() ? length.get() : 0, p.standard(), a.kwarg_only()));
        }
        parameters = List.copyOf(list);
    }

    @Override public String name() { return operator.qualified(); }

    @Override public List<Parameter> parameters() { return parameters; }

    @Override public List<String> results() {
        return operator.schema().results().stream().map(OperatorSchema.Parameter::type).toList();
    }

    @Override public boolean changesArguments() { return operator.changesArguments(); }

    @Override public boolean sharesArguments() {
        Argument results = operator.handle().schema().returns(); // null if there are none
        for (int i = 0; i < operator.schema().results().size(); i++) if (results.getPointer(i).alias_info() != null) return true;
        return false;
    }

    @Override public boolean dependsOnValues() {
        var handle = operator.handle();
        return handle.hasTag(torch.Tag.dynamic_output_shape) || handle.hasTag(torch.Tag.data_dependent_output);
    }

    @Override public <F> void call(F frame, Step<F> step) {
        Call call = Call.begin(operator);
        try {
            step.push(frame, call.stack);
        } catch (RuntimeException e) {
            throw call.abort(e);
        }
        call.runPushed();
        try {
            step.take(frame, call.stack);
        } catch (RuntimeException e) {
            throw call.abort(e);
        }
        call.end();
    }
}
