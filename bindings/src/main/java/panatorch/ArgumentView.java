package panatorch;

import panatorch.internal.libtorch.CApi;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.NativeLists;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Storages;
import panatorch.internal.libtorch.Tag;

/**
 * The arguments of a call, read from the dispatcher stack by their names in the operator's schema.
 *
 * @param handle address of 8 bytes for a tensor's handle
 * @param result address of 8 bytes for what libtorch answers
 * @param numbers reads the elements of a float32 tensor
 */
record ArgumentView(String operator, OperatorSchema schema, DispatcherStack stack, long handle, long result, Numbers numbers) {
    /** Reads the first {@code count} elements of the float32 tensor at an address. */
    @FunctionalInterface
    interface Numbers {
        float[] read(long tensor, long count);
    }

    private int index(String name) {
        var parameters = schema.parameters();
        for (int i = 0; i < parameters.size(); i++) if (parameters.get(i).name().equals(name)) return i;
        return -1;
    }

    boolean has(String name) { return index(name) >= 0; }

    /** Returns whether the argument is a defined tensor. */
    boolean given(String name) {
        int i = index(name);
        return i >= 0 && stack.tag(i) == Tag.TENSOR && !References.isUndefinedTensor(stack.payload(i));
    }

    private long handle(String tensor) {
        Memory.setLong(handle, stack.payload(index(tensor)));
        return handle;
    }

    /** Returns the shape of tensor {@code i} of a list. */
    long[] shape(String list, int i) {
        return CApi.shape(handle(list, i), result);
    }

    long numel(String list, int i) {
        return CApi.numel(handle(list, i), result);
    }

    private long handle(String list, int i) {
        Memory.setLong(handle, NativeLists.payload(stack.payload(index(list)), i));
        return handle;
    }

    /** Returns the shape of a tensor, [] if it is not given. */
    long[] shape(String tensor) {
        if (!given(tensor)) return new long[0];
        return CApi.shape(handle(tensor), result);
    }

    /** Returns the address of a tensor's storage. */
    long storage(String tensor) { return Storages.of(stack.payload(index(tensor))); }

    long storageBytes(String tensor) {
        return CApi.storageBytes(handle(tensor), result);
    }

    /** Returns the index of a tensor's first element in its storage. */
    long offset(String tensor) {
        return CApi.layout(handle(tensor), result) == Layout.STRIDED.code() ? CApi.storageOffset(handle, result) : 0;
    }

    /** Returns the first {@code count} elements of a float32 tensor. */
    float[] floats(String tensor, long count) {
        return numbers.read(stack.payload(index(tensor)), count);
    }

    DType dtype(String tensor) {
        return DType.ofCode(CApi.dtype(handle(tensor), result));
    }

    int length(String list) { return NativeLists.size(stack.payload(index(list))); }

    long[] integers(String list) {
        long object = stack.payload(index(list));
        var values = new long[NativeLists.size(object)];
        for (int i = 0; i < values.length; i++) values[i] = NativeLists.payload(object, i);
        return values;
    }

    /** Returns the elements of a list; none if it is not given. */
    long[] integersIfAny(String list) {
        return has(list) && stack.tag(index(list)) != Tag.NONE ? integers(list) : new long[0];
    }

    Layout layout(String tensor) {
        return Layout.ofCode(CApi.layout(handle(tensor), result));
    }

    /** Returns an argument of type {@code Scalar} that is real. */
    double number(String name) {
        int i = index(name);
        return stack.tag(i) == Tag.DOUBLE ? Double.longBitsToDouble(stack.payload(i)) : stack.payload(i);
    }

    boolean isNone(String name) { return stack.tag(index(name)) == Tag.NONE; }

    long integer(String name) { return stack.payload(index(name)); }

    boolean truth(String name) {
        int i = index(name);
        return i >= 0 && (stack.payload(i) & 0xff) != 0;
    }
}
