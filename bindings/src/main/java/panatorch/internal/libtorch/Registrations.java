package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.CppSignatureOptional;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.DispatchKeyOptional;
import org.bytedeco.pytorch.FunctionSchema;
import org.bytedeco.pytorch.KernelFunction;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.OperatorName;
import org.bytedeco.pytorch.global.torch;
import panatorch.internal.natives.Native;

/**
 * Registers Java code in libtorch's dispatcher: schemas, and boxed kernels, which are functions
 * {@code void (OperatorKernel*, const OperatorHandle&, DispatchKeySet, std::vector<IValue>*)}. Each entry lasts until the returned pointer
 * is deallocated.
 */
public final class Registrations {
    private Registrations() {}

    private static final FunctionDescriptor BOXED_KERNEL = FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    /** The offset of a {@code KernelFunction}'s boxed function, after a functor that may be null. */
    private static final long FUNCTION = 8;
    private static final String DEBUG_NAME = "Java";

    static {
        try (var kernel = KernelFunction.makeFallthrough()) {
            long function = kernel.address() + FUNCTION, fallthrough = Memory.getLong(function);
            boolean plain = Memory.getLong(kernel.address()) == 0 && fallthrough != 0 && kernel.isFallthrough();
            Memory.setLong(function, fallthrough + 1);
            boolean read = kernel.isValid() && !kernel.isFallthrough();
            Memory.setLong(function, fallthrough);
            Probe.check(plain && read, "a kernel's function");
        }
        try (var key = new DispatchKeyOptional(torch.DispatchKey.CPU)) {
            Probe.check(key.has_value() && Memory.getShort(key.address()) == torch.DispatchKey.CPU.value, "a dispatch key");
        }
    }

    /**
     * Registers an operator.
     *
     * @throws RuntimeException of libtorch if there is such an operator already
     */
    public static Pointer define(FunctionSchema schema) {
        return Dispatcher.singleton().registerDef(schema, DEBUG_NAME);
    }

    /**
     * Registers a kernel of an operator.
     *
     * @param key the dispatch key as libtorch names it; JavaCPP's numbers of the keys after the devices' are wrong
     */
    public static Pointer implement(OperatorHandle operator, String name, String overload, String key, MemorySegment stub) {
        try (var kernel = KernelFunction.makeFallthrough(); var operatorName = new OperatorName(name, overload);
                var dispatchKey = new DispatchKeyOptional(torch.DispatchKey.CPU); var noSignature = new CppSignatureOptional()) {
            Memory.setShort(dispatchKey.address(), torch.parseDispatchKey(key));
            Memory.setLong(kernel.address() + FUNCTION, stub.address());
            return Dispatcher.singleton().registerImpl(operatorName, dispatchKey, kernel, noSignature, given(operator.schema()),
                    DEBUG_NAME);
        }
    }

    /** Registers a kernel for all operators that have none of their own for {@code key}. */
    public static Pointer implementAll(String key, MemorySegment stub) {
        try (var kernel = KernelFunction.makeFallthrough()) {
            Memory.setLong(kernel.address() + FUNCTION, stub.address());
            return Dispatcher.singleton().registerFallback(torch.parseDispatchKey(key), kernel, DEBUG_NAME);
        }
    }

    /**
     * Returns a copy of the schema, against which libtorch checks the kernel's types as it does for a kernel in C++. libtorch frees the
     * copy: the first of the two Java objects is never deallocated, and the second cannot deallocate it.
     */
    private static FunctionSchema given(FunctionSchema schema) {
        FunctionSchema copy = schema.cloneWithRealTypes(false);
        copy.retainReference();
        return new FunctionSchema(Borrowed.at(copy.address()));
    }

    /** Returns a function pointer to a class's static method {@code upcall}, of four {@code long}s, valid as long as the process. */
    public static MemorySegment stub(MethodHandles.Lookup caller) {
        return Native.stub(caller, "upcall", BOXED_KERNEL);
    }

    /** Returns a function pointer that calls {@code kernel}, of four {@code long}s. It is freed with {@code arena}. */
    public static MemorySegment stub(MethodHandle kernel, Arena arena) {
        return Native.stub(kernel, BOXED_KERNEL, arena);
    }
}
