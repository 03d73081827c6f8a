package panatorch;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import panatorch.junit.NoTensorLeaks;

/** A library of operators for each test, and what its tests have in common. */
@NoTensorLeaks
abstract class OperatorsOfOurOwn {
    OperatorLibrary my;
    private Scope scope;

    @BeforeEach void open() {
        my = OperatorLibrary.open("my");
        scope = Scope.open();
    }

    @AfterEach void close() {
        scope.close();
        my.close();
    }

    void define(String schema, DispatchKey key, OperatorLibrary.Kernel kernel) {
        my.define(schema).implement(schema.substring(0, schema.indexOf('(')), key, kernel);
    }

    void define(String schema, OperatorLibrary.Kernel kernel) { define(schema, DispatchKey.CPU, kernel); }

    void defineScaledAdd() {
        define("scaled_add(Tensor x, Tensor y, float scale=1.0) -> Tensor", a -> a.tensor("x").add(a.tensor("y").mul(a.real("scale"))));
    }

    static Tensor call(String name, Object... arguments) { return (Tensor) Operators.call(name, arguments).getFirst(); }

    static Tensor t(double... values) { return Torch.tensor(values); }

    @SuppressWarnings("unchecked") static List<Double> tensors(Object list) {
        return ((List<Tensor>) list).stream().map(v -> v == null ? null : v.itemDouble()).toList();
    }
}
