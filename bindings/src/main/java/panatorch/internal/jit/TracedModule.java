package panatorch.internal.jit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.pytorch.ClassType;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.Graph;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.Value;
import org.bytedeco.pytorch.ValueVector;
import panatorch.Tensor;

/**
 * A module of Java's as a script module: its tensors under their names, and {@code forward} as the graph that the tracer has recorded.
 *
 * @param className the name of the class of the script
 */
public record TracedModule(String className, boolean training, Map<String, Tensor> parameters, Map<String, Tensor> buffers,
        Map<String, TracedModule> children) {

    public TracedModule(String className, boolean training) {
        this(className, training, new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
    }

    /**
     * Records what {@code code} computes from {@code inputs}.
     *
     * @param code returns a tensor, or several ones, which become a tuple
     * @throws IllegalArgumentException if an output does not depend on what was recorded
     */
    public ScriptObject trace(List<Tensor> inputs, List<String> names, Function<List<Tensor>, List<Tensor>> code) {
        if (Thread.currentThread().isVirtual())
            throw new IllegalStateException("libtorch's tracer belongs to a thread of the system; trace on a platform thread");
        Type.TypePtr bool = ScriptType.written("bool").pointer();
        List<Tensor> own = inputs.stream().map(t -> t.view(t.shape())).toList(); // the same tensor twice has to be two inputs
        ScriptObject script = ScriptObject.made(() -> make(new CompilationUnit(), bool));
        try (var tracer = new Tracer()) {
            script.<Boolean>use(module -> addInputs(tracer, module, own, names));
            List<Tensor> outputs = record(tracer, own, code);
            script.<Boolean>use(module -> finish(tracer, module, outputs));
            return script;
        } catch (RuntimeException | Error e) {
            script.close();
            throw e;
        }
    }

    private static List<Tensor> record(Tracer tracer, List<Tensor> inputs, Function<List<Tensor>, List<Tensor>> code) {
        try {
            return code.apply(inputs);
        } finally {
            tracer.stop();
        }
    }

    private JitModule make(CompilationUnit unit, Type.TypePtr bool) {
        var module = new JitModule(new QualifiedName("__torch__." + className), unit, true);
        module.register_attribute("training", bool, new IValue(training));
        parameters.forEach((name, t) -> module.register_parameter(name, t.unwrap(), false));
        buffers.forEach((name, t) -> module.register_buffer(name, t.unwrap()));
        children.forEach((name, child) -> module.register_module(name, child.make(unit, bool)));
        return module;
    }

    private boolean addInputs(Tracer tracer, JitModule module, List<Tensor> inputs, List<String> names) {
        Graph graph = tracer.graph();
        Value self = graph.insertInput(0, "self");
        self.inferTypeFrom(module._ivalue());
        var values = new ArrayList<Value>();
        for (String name : names) values.add(graph.addInput(name));
        tracer.start();
        for (int i = 0; i < inputs.size(); i++) tracer.put(inputs.get(i), values.get(i));
        putTensors(tracer, self);
        return true;
    }

    /** Makes the tensors of the module known to the tracer as its attributes. */
    private void putTensors(Tracer tracer, Value self) {
        for (Map<String, Tensor> tensors : List.of(parameters, buffers))
            tensors.forEach((name, t) -> tracer.put(t, tracer.graph().insertGetAttr(self, name)));
        children.forEach((name, child) -> child.putTensors(tracer, tracer.graph().insertGetAttr(self, name)));
    }

    private static boolean finish(Tracer tracer, JitModule module, List<Tensor> outputs) {
        Graph graph = tracer.graph();
        tracer.start(); // looking up a value asks for the thread's trace
        try {
            var values = new ValueVector();
            for (int i = 0; i < outputs.size(); i++)
                values.push_back(tracer.get(outputs.get(i), outputs.size() == 1 ? "the output" : "output " + i));
            graph.registerOutput(outputs.size() == 1 ? values.get(0) : graph.insertNode(graph.createTuple(values)).output());
        } finally {
            tracer.stop();
        }
        tracer.normalize();
        ClassType type = module.type();
        var name = new QualifiedName(type.name().get(), "forward");
        type.addMethod(module._ivalue().compilation_unit().create_function(name, graph, false));
        return true;
    }
}
