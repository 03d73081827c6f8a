package panatorch.serialize;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.Complex;
import panatorch.DType;
import panatorch.Device;
import panatorch.Tensor;

/** Writes values and tensors as a pickle of protocol 2 that {@code torch.load(weights_only=True)} accepts. */
final class PickleWriter {
    private static final Map<DType, String> STORAGES =
            TorchNames.STORAGES.entrySet().stream().filter(e -> !e.getKey().equals("UntypedStorage"))
                    .collect(Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey));

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final StoragePlan storages = new StoragePlan();

    /** A pickle and the storages to which it refers by number. */
    record Written(byte[] pickle, StoragePlan storages) {}

    static Written write(@Nullable Object value) {
        var writer = new PickleWriter();
        writer.plan(value, 0);
        writer.op(0x80).op(2);
        writer.value(value);
        writer.op('.');
        return new Written(writer.out.toByteArray(), writer.storages);
    }

    private void plan(@Nullable Object value, int level) {
        if (level > PlainData.MOST_LEVELS)
            throw new IllegalArgumentException("values are nested more than " + PlainData.MOST_LEVELS
                    + " levels deep, or contain themselves");
        switch (value) {
            case null -> {}
            case Tensor t -> storages.add(t);
            case Map<?, ?> map -> map.forEach((k, v) -> {
                if (k != null && !PlainData.isScalar(k))
                    throw new IllegalArgumentException("a key is a " + k.getClass().getName() + "; keys have to be text or numbers");
                plan(v, level + 1);
            });
            case Collection<?> values -> values.forEach(v -> plan(v, level + 1));
            default -> {
                if (!PlainData.isScalar(value))
                    throw new IllegalArgumentException("a value is a " + value.getClass().getName()
                            + "; values have to be tensors, text, numbers, or lists, sets and maps of them");
            }
        }
    }

    private void value(@Nullable Object value) {
        switch (value) {
            case null -> op('N');
            case Boolean b -> op(b ? 0x88 : 0x89);
            case Integer i -> integer(i);
            case Long l -> integer(l);
            case BigInteger b -> integer(b);
            case Float f -> real(f);
            case Double d -> real(d);
            case String s -> text(s);
            case byte[] bytes -> call("_codecs", "encode", new String(bytes, StandardCharsets.ISO_8859_1), "latin1");
            case Complex c -> call("__builtin__", "complex", c.real(), c.imaginary());
            case DType t -> global("torch", t.toString());
            case Device d -> call("torch", "device", d.toString());
            case Tensor t -> tensor(t);
            case Map<?, ?> map -> map(map);
            case Set<?> set -> call("__builtin__", "set", new ArrayList<>(set));
            case Collection<?> values -> list(values);
            default -> throw new IllegalArgumentException("a value is a " + value.getClass().getName());
        }
    }

    // ---- tensors

    /** Writes a call of {@code torch._utils._rebuild_tensor_v2}, or of v3 for types that have no storage class of their own. */
    private void tensor(Tensor t) {
        StoragePlan.Place place = storages.place(t);
        String storage = STORAGES.get(t.dtype());
        global("torch._utils", storage == null ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2");
        op('(').op('(');
        text("storage");
        if (storage == null) global("torch.storage", "UntypedStorage");
        else global("torch", storage);
        text(Integer.toString(place.key()));
        text("cpu");
        integer(storage == null ? place.elements() * t.dtype().bytes() : place.elements());
        op('t').op('Q');
        integer(place.offset());
        tuple(t.shape());
        tuple(place.strides());
        value(t.requiresGrad());
        call("collections", "OrderedDict");
        if (storage == null) global("torch", t.dtype().toString());
        op('t').op('R');
    }

    private void tuple(long[] numbers) {
        op('(');
        for (long n : numbers) integer(n);
        op('t');
    }

    // ---- plain values

    private void map(Map<?, ?> map) {
        op('}').op('(');
        map.forEach((k, v) -> {
            value(k);
            value(v);
        });
        op('u');
    }

    private void list(Collection<?> values) {
        op(']').op('(');
        values.forEach(this::value);
        op('e');
    }

    private void call(String module, String name, Object... arguments) {
        global(module, name);
        op('(');
        for (Object a : arguments) value(a);
        op('t').op('R');
    }

    private void global(String module, String name) {
        op('c');
        out.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private void text(String s) {
        byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
        op('X');
        out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(utf8.length).array());
        out.writeBytes(utf8);
    }

    private void integer(long n) {
        if (n >= 0 && n < 256) op('K').op((int) n);
        else if (n == (int) n) {
            op('J');
            out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt((int) n).array());
        } else integer(BigInteger.valueOf(n));
    }

    private void integer(BigInteger n) {
        byte[] big = n.toByteArray();
        if (big.length > 255) throw new IllegalArgumentException("an integer of " + big.length + " bytes");
        op(0x8a).op(big.length);
        for (int i = big.length - 1; i >= 0; i--) op(big[i]);
    }

    private void real(double d) {
        op('G');
        out.writeBytes(ByteBuffer.allocate(8).putDouble(d).array());
    }

    private PickleWriter op(int code) {
        out.write(code);
        return this;
    }
}
