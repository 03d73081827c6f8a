package panatorch.serialize;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.internal.pickle.Pickle;

/** The type of NumPy's numbers in a pickle, {@code f8} for instance; its byte order comes later. */
final class NumPyType implements Pickle.Built {
    private final FileBytes file;
    private final String name;
    private boolean bigEndian;

    NumPyType(List<@Nullable Object> arguments, FileBytes file) throws IOException {
        if (arguments.isEmpty() || !(arguments.getFirst() instanceof String text)) throw PythonValues.odd(file, "a NumPy type");
        this.file = file;
        name = text;
    }

    @Override public void build(@Nullable Object state) throws IOException {
        if (!(state instanceof List<?> list) || list.size() < 2 || !(list.get(1) instanceof String order))
            throw PythonValues.odd(file, "a NumPy type");
        bigEndian = order.equals(">");
    }

    String name() { return name; }

    boolean isBigEndian() { return bigEndian; }

    /** Returns the type as tensors have it, or null if they do not. */
    @Nullable DType dtype() {
        return new NpyHeader((bigEndian ? ">" : "<") + name, false, new long[0]).dtype();
    }
}
