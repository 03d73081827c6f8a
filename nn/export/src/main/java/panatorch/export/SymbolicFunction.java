package panatorch.export;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Python's arithmetic of sizes and of numbers read from tensors: {@code Long}, {@code Double} and {@code Boolean}. */
@FunctionalInterface
interface SymbolicFunction {
    /** @throws ArithmeticException as Python's {@code ZeroDivisionError} */
    Object apply(Object[] arguments);

    /** Returns the function with Python's name, such as {@code _operator.mul}, or null if it is unknown. */
    static @Nullable SymbolicFunction of(String target) {
        return Table.BY_NAME.get(target);
    }

    /** Returns the number of arguments of the function with a name. */
    default int arity(String target) {
        String name = target.substring(target.lastIndexOf('.') + 1);
        if (name.equals("sym_ite")) return 3;
        return UNARY.contains(name) ? 1 : 2;
    }

    /** The names of the functions of one argument. */
    Set<String> UNARY = Set.of("neg", "pos", "abs", "sym_sqrt", "_sym_sqrt", "sym_not", "sym_float", "sym_int", "trunc", "floor", "ceil");

    private static boolean areIntegers(Object[] a) {
        for (Object v : a) if (v instanceof Double) return false;
        return true;
    }

    private static long integer(Object v) {
        return switch (v) {
            case Boolean b -> b ? 1 : 0;
            case Double d -> d.longValue();
            default -> (Long) v;
        };
    }

    private static double real(Object v) { return v instanceof Double d ? d : integer(v); }

    private static boolean truth(Object v) { return v instanceof Boolean b ? b : real(v) != 0; }

    private static int compare(Object[] a) {
        return areIntegers(a) ? Long.compare(integer(a[0]), integer(a[1])) : Double.compare(real(a[0]), real(a[1]));
    }

    private static Object floorDivide(Object[] a) {
        if (areIntegers(a)) return Math.floorDiv(integer(a[0]), integer(a[1]));
        if (real(a[1]) == 0) throw new ArithmeticException("/ by zero");
        return Math.floor(real(a[0]) / real(a[1]));
    }

    private static Object remainder(Object[] a) {
        if (areIntegers(a)) return Math.floorMod(integer(a[0]), integer(a[1]));
        double x = real(a[0]), y = real(a[1]);
        if (y == 0) throw new ArithmeticException("modulo by zero");
        return x - Math.floor(x / y) * y;
    }

    private static Object power(Object[] a) {
        if (!areIntegers(a) || integer(a[1]) < 0) return Math.pow(real(a[0]), real(a[1]));
        long result = 1;
        for (long i = integer(a[1]), base = integer(a[0]); i > 0; i >>= 1, base *= base) if ((i & 1) != 0) result *= base;
        return result;
    }

    private static Object bits(Object[] a, boolean and) {
        if (a[0] instanceof Boolean x && a[1] instanceof Boolean y) return and ? x & y : x | y;
        return and ? integer(a[0]) & integer(a[1]) : integer(a[0]) | integer(a[1]);
    }

    private static double quotient(Object[] a) {
        if (real(a[1]) == 0) throw new ArithmeticException("/ by zero");
        return real(a[0]) / real(a[1]);
    }

    /** The functions by their names. */
    final class Table {
        private static final Map<String, SymbolicFunction> BY_NAME = new HashMap<>();

        private Table() {}

        static {
            arithmetic();
            comparisons();
            conversions();
        }

        private static void put(SymbolicFunction f, String... names) { for (String n : names) BY_NAME.put(n, f); }

        private static void arithmetic() {
            put(a -> areIntegers(a) ? (Object) (integer(a[0]) + integer(a[1])) : (Object) (real(a[0]) + real(a[1])), "_operator.add");
            put(a -> areIntegers(a) ? (Object) (integer(a[0]) - integer(a[1])) : (Object) (real(a[0]) - real(a[1])), "_operator.sub");
            put(a -> areIntegers(a) ? (Object) (integer(a[0]) * integer(a[1])) : (Object) (real(a[0]) * real(a[1])), "_operator.mul");
            put(SymbolicFunction::floorDivide, "_operator.floordiv");
            put(SymbolicFunction::remainder, "_operator.mod");
            put(SymbolicFunction::quotient, "_operator.truediv");
            put(SymbolicFunction::power, "_operator.pow");
            put(a -> areIntegers(a) ? (Object) (-integer(a[0])) : (Object) (-real(a[0])), "_operator.neg");
            put(a -> a[0] instanceof Boolean ? (Object) integer(a[0]) : a[0], "_operator.pos");
            put(a -> areIntegers(a) ? (Object) Math.abs(integer(a[0])) : (Object) Math.abs(real(a[0])), "_operator.abs");
            put(a -> integer(a[0]) << integer(a[1]), "_operator.lshift");
            put(a -> integer(a[0]) >> integer(a[1]), "_operator.rshift");
            put(a -> bits(a, true), "_operator.and_");
            put(a -> bits(a, false), "_operator.or_");
            put(a -> areIntegers(a) ? (Object) Math.max(integer(a[0]), integer(a[1])) : (Object) Math.max(real(a[0]), real(a[1])),
                    "torch.sym_max");
            put(a -> areIntegers(a) ? (Object) Math.min(integer(a[0]), integer(a[1])) : (Object) Math.min(real(a[0]), real(a[1])),
                    "torch.sym_min");
            put(a -> Math.sqrt(real(a[0])), "torch.sym_sqrt", "torch._sym_sqrt");
        }

        private static void comparisons() {
            put(a -> compare(a) == 0, "_operator.eq");
            put(a -> compare(a) != 0, "_operator.ne");
            put(a -> compare(a) < 0, "_operator.lt");
            put(a -> compare(a) <= 0, "_operator.le");
            put(a -> compare(a) > 0, "_operator.gt");
            put(a -> compare(a) >= 0, "_operator.ge");
            put(a -> !truth(a[0]), "torch.sym_not");
            put(a -> truth(a[0]) ? a[1] : a[2], "torch.sym_ite");
        }

        private static void conversions() {
            put(a -> real(a[0]), "torch.sym_float");
            put(a -> integer(a[0]), "torch.sym_int", "math.trunc");
            put(a -> (long) Math.floor(real(a[0])), "math.floor");
            put(a -> (long) Math.ceil(real(a[0])), "math.ceil");
        }
    }
}
