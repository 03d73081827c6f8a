package panatorch.distributed.fsdp;

import java.util.ArrayList;
import java.util.List;
import panatorch.Aten;
import panatorch.nn.Module;

/** A module whose parameters, except those of units inside it, are gathered and released together. */
final class Unit implements AutoCloseable {
    private enum Memory {
        SHARDED, GATHERING, WHOLE
    }

    final String name;
    final Module module;
    final List<Bucket> buckets = new ArrayList<>();
    private Memory memory = Memory.SHARDED;
    private long version;
    /** How many calls of the module's forward are running. */
    int calls;
    /** How many calls are still to be passed by backward before all gradients are there. */
    int pending;
    /** Whether the backward pass that runs has reached this unit, and whether its gradients have been reduced since. */
    boolean entered, reduced;

    /** @param name name for errors */
    Unit(String name, Module module) {
        this.name = name;
        this.module = module;
    }

    List<Parameter> parameters() {
        return buckets.stream().flatMap(b -> b.parameters.stream()).toList();
    }

    boolean isSharded() { return memory == Memory.SHARDED; }

    boolean isWhole() { return memory == Memory.WHOLE; }

    /** Begins to gather the parameters, unless they are there. */
    void start() throws InterruptedException {
        if (memory == Memory.WHOLE && version != version()) release(); // an optimiser has made a step since
        if (memory != Memory.SHARDED) return;
        version = version();
        for (Bucket b : buckets) b.start();
        memory = Memory.GATHERING;
    }

    /** Gathers the parameters, unless they are there. */
    void gather() throws InterruptedException {
        start();
        if (memory != Memory.GATHERING) return;
        for (Bucket b : buckets) b.finish();
        memory = Memory.WHOLE;
    }

    private long version() {
        long sum = 0;
        for (Bucket b : buckets) for (Parameter p : b.parameters) sum += Aten._version(p.shard);
        return sum;
    }

    /** Frees the whole parameters, unless a call of the module is running. */
    void release() {
        if (memory != Memory.WHOLE || calls > 0) return;
        buckets.forEach(Bucket::release);
        memory = Memory.SHARDED;
    }

    /** Frees the whole parameters, and waits for those that are being gathered. */
    void settle() throws InterruptedException {
        if (memory == Memory.GATHERING) gather();
        release();
    }

    /** Starts anew after an exception. */
    void reset() {
        calls = 0;
        pending = 0;
        entered = false;
        buckets.forEach(Bucket::freeGradients);
        release();
    }

    @Override public void close() { buckets.forEach(Bucket::close); }
}
