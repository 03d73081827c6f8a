package panatorch.export;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The values of a graph that is being compiled: where each one is, of which kind it is, and who uses it last. */
final class Values {
    /** Where a value is: in a slot, or among the program's state. */
    private record Place(int slot, int state, Argument.Kind kind) {}

    private final Map<String, Place> places = new HashMap<>();
    private final Map<Integer, Operand.Slot> lastUses = new HashMap<>();
    private final BitSet read = new BitSet();
    private int slots;

    /** Returns a slot that no value has. */
    int scratch() {
        return slots++;
    }

    int slots() { return slots; }

    /**
     * Gives a value a slot.
     *
     * @throws IllegalArgumentException if there is a value of that name
     */
    int define(String name, Argument.Kind kind) {
        int slot = slots++;
        if (places.put(name, new Place(slot, -1, kind)) != null)
            throw new IllegalArgumentException("two values have the name '" + name + "'");
        return slot;
    }

    /** Makes a name stand for a tensor of the program's state. */
    void state(String name, int index) {
        if (places.put(name, new Place(-1, index, Argument.Kind.TENSOR)) != null)
            throw new IllegalArgumentException("two values have the name '" + name + "'");
    }

    private Place place(String name) {
        Place p = places.get(name);
        if (p == null) throw new IllegalArgumentException("the value '" + name + "' is used before it is made");
        return p;
    }

    Argument.Kind kind(String name) { return place(name).kind; }

    /** Returns a use of a value. The uses have to be asked for in the order in which they happen. */
    Operand use(String name) {
        Place p = place(name);
        if (p.slot < 0) return new Operand.StateTensor(p.state);
        var use = new Operand.Slot(p.slot);
        read.set(p.slot);
        if (p.kind == Argument.Kind.TENSOR) lastUses.put(p.slot, use); // numbers own nothing, and stay
        return use;
    }

    /**
     * Returns the slot of a number, which may be read any number of times.
     *
     * @throws IllegalArgumentException if the value is a tensor
     */
    int number(String name) {
        Place p = place(name);
        if (p.kind == Argument.Kind.TENSOR) throw new IllegalArgumentException("'" + name + "' is a tensor where a number is needed");
        read.set(p.slot);
        return p.slot;
    }

    /** Has every tensor's last use take it, and returns which slots are used at all. */
    BitSet finish() {
        lastUses.values().forEach(Operand.Slot::setLast);
        return read;
    }

    /** Returns the slot of a value, or null if there is none or it is state. */
    @Nullable Integer slot(String name) {
        Place p = places.get(name);
        return p == null || p.slot < 0 ? null : (Integer) p.slot;
    }
}
