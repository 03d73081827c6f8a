package panatorch.export;

import panatorch.internal.libtorch.Tag;

/** Arithmetic of numbers, done in Java. */
final class SymbolicStep extends Step {
    private final SymbolicFunction function;
    private final Object[] constants;
    private final int[] slots;
    private final int result;

    /**
     * @param constants the arguments that are constant
     * @param slots where the others are; −1 for a constant
     */
    SymbolicStep(String place, SymbolicFunction function, Object[] constants, int[] slots, int result) {
        super(place);
        this.function = function;
        this.constants = constants;
        this.slots = slots;
        this.result = result;
    }

    @Override void run(Frame frame) {
        Object[] arguments = constants.clone();
        for (int i = 0; i < slots.length; i++) if (slots[i] >= 0) arguments[i] = number(frame, slots[i]);
        try {
            switch (function.apply(arguments)) {
                case Long l -> frame.set(result, l);
                case Double d -> frame.set(result, d);
                case Object b -> frame.set(result, (boolean) (Boolean) b);
            }
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("the sizes of the inputs lead to a division by zero" + place, e);
        }
    }

    private Object number(Frame frame, int slot) {
        int tag = frame.tags[slot];
        if (tag == Tag.INT) return frame.payloads[slot];
        if (tag == Tag.DOUBLE) return frame.real(slot);
        if (tag == Tag.BOOL) return (frame.payloads[slot] & 0xff) != 0;
        throw new IllegalArgumentException("a number is needed that is none" + place);
    }
}
