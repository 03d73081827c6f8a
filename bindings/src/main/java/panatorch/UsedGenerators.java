package panatorch;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The generators that a part of a network draws from, beside the default ones, with their states before the first draw. For one thread.
 */
final class UsedGenerators {
    /** A generator with a reference of its own, and its state. */
    private record Used(Generator generator, byte[] state) {}

    private final Map<Long, Used> used = new LinkedHashMap<>();
    private final @Nullable UsedGenerators outer;

    private UsedGenerators(@Nullable UsedGenerators outer) { this.outer = outer; }

    /** Notes the generators of everything that {@code part} calls on this thread. */
    static UsedGenerators during(Runnable part) {
        ThreadContext c = ThreadContext.current();
        var generators = new UsedGenerators(c.usedGenerators);
        c.usedGenerators = generators;
        try {
            part.run();
        } catch (RuntimeException | Error e) {
            generators.close();
            throw e;
        } finally {
            c.usedGenerators = generators.outer;
        }
        return generators;
    }

    /** Notes a generator before an operator draws from it. Calls no operator, as the caller is about to. */
    void note(Generator g) {
        used.computeIfAbsent(g.nativeObject(), object -> new Used(new Generator(g.retained()), g.stateBytes()));
        if (outer != null) outer.note(g);
    }

    /** Runs {@code part} with all generators as they were, and then restores their present states. */
    void again(Runnable part) {
        var present = new LinkedHashMap<Generator, byte[]>();
        used.values().forEach(u -> present.put(u.generator, u.generator.stateBytes()));
        try {
            used.values().forEach(u -> u.generator.setState(u.state));
            part.run();
        } finally {
            present.forEach(Generator::setState);
        }
    }

    void close() { used.values().forEach(u -> u.generator.close()); }
}
