package panatorch.serve;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * The inputs of one request, by position or by name, with its deadline and priority. The methods return changed copies.
 *
 * <pre>{@code
 * Request.of(image).timeout(Duration.ofMillis(50))
 * Request.named("input_ids", ids).and("attention_mask", mask).priority(1)
 * }</pre>
 *
 * <p>
 * The first dimension of every input is the number of rows, which is 1 for a single example. The tensors stay the caller's, who may close
 * them once the request is accepted, but may not change their elements before it is answered.
 */
public final class Request {
    private final List<Tensor> positional;
    private final Map<String, Tensor> named;
    private final @Nullable Duration timeout;
    private final int priority;

    private Request(List<Tensor> positional, Map<String, Tensor> named, @Nullable Duration timeout, int priority) {
        this.positional = positional;
        this.named = named;
        this.timeout = timeout;
        this.priority = priority;
    }

    /** Returns a request of tensors in the order of the signature's inputs that are not constant. */
    public static Request of(Tensor... inputs) {
        return new Request(List.of(inputs), Map.of(), null, 0);
    }

    /** Returns a request whose first input has a name of the signature; see {@link #and}. */
    public static Request named(String name, Tensor input) {
        return of().and(name, input);
    }

    /** Adds an input with a name of the signature. */
    public Request and(String name, Tensor input) {
        var more = new LinkedHashMap<>(named);
        if (more.put(name, input) != null) throw new IllegalArgumentException("the input '" + name + "' is given twice");
        return new Request(positional, more, timeout, priority);
    }

    /**
     * Sets the time within which the request has to be answered, in place of that of {@link ServeOptions#timeout}. A request that is late
     * before it runs does not run.
     */
    public Request timeout(Duration timeout) { return new Request(positional, named, timeout, priority); }

    /** Sets the priority, which is 0 by default. Waiting requests with a higher one run first, always. */
    public Request priority(int priority) {
        return new Request(positional, named, timeout, priority);
    }

    @Nullable Duration timeout() { return timeout; }

    int priority() { return priority; }

    /**
     * Returns the inputs in the order of names.
     *
     * @throws InvalidRequestException if one is missing or unknown
     */
    List<Tensor> inOrder(List<String> names) {
        if (named.isEmpty() && positional.size() == names.size()) return positional;
        if (positional.size() > names.size())
            throw new InvalidRequestException("the request has " + positional.size() + " inputs, but the model takes " + names);
        var inputs = new ArrayList<@Nullable Tensor>(positional);
        for (String name : names.subList(positional.size(), names.size())) inputs.add(named.get(name));
        List<String> missing = new ArrayList<>(), unknown = new ArrayList<>(named.keySet());
        for (int i = 0; i < names.size(); i++) if (inputs.get(i) == null) missing.add(names.get(i));
        unknown.removeAll(names.subList(positional.size(), names.size()));
        if (!missing.isEmpty()) throw new InvalidRequestException("the request lacks the inputs " + missing + " of " + names);
        if (!unknown.isEmpty())
            throw new InvalidRequestException("the request has inputs " + unknown + " too many; the model takes " + names);
        return Arrays.asList(inputs.toArray(new Tensor[0]));
    }
}
