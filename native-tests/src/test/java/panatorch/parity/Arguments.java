package panatorch.parity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.Module;
import panatorch.nn.functional.Reduction;

/** Python's arguments of a constructor, as {@code src/test/python/modules.py} writes them. */
record Arguments(JsonNode json, Function<String, Tensor> tensors) {
    static final Map<String, Reduction> REDUCTION = Map.of("none", Reduction.NONE, "mean", Reduction.MEAN, "sum", Reduction.SUM);

    boolean has(String name) { return json.hasNonNull(name); }

    boolean isNull(String name) { return json.has(name) && json.get(name).isNull(); }

    boolean flag(String name, boolean absent) { return json.path(name).asBoolean(absent); }

    double real(String name, double absent) { return json.path(name).asDouble(absent); }

    long whole(String name, long absent) { return json.path(name).asLong(absent); }

    long whole(String name) {
        if (!json.has(name)) throw new AssertionError(name + " is missing in " + json);
        return json.get(name).asLong();
    }

    String text(String name, String absent) { return json.path(name).isTextual() ? json.get(name).asText() : absent; }

    String function(String name, String absent) {
        return json.has(name) ? json.get(name).isTextual() ? json.get(name).asText() : json.get(name).get("function").asText() : absent;
    }

    /** One number or several, of which Python's None is 0. */
    long[] sizes(String name, long absent) {
        return json.has(name) ? sizes(name) : new long[] {absent};
    }

    long[] sizes(String name) {
        JsonNode v = json.get(name);
        return v.isArray() ? StreamSupport.stream(v.spliterator(), false).mapToLong(JsonNode::asLong).toArray() : new long[] {v.asLong()};
    }

    double[] reals(String name) {
        JsonNode v = json.get(name);
        return v.isArray() ? Golden.numbers(v) : new double[] {v.asDouble()};
    }

    @Nullable Tensor tensor(String name) { return has(name) ? tensors.apply(json.get(name).get("tensor").asText()) : null; }

    @Nullable Module module(String name) {
        return has(name)
                ? ModuleTable.build(json.get(name).get("module").asText(), new Arguments(json.get(name).get("args"), tensors)).module()
                : null;
    }
}
