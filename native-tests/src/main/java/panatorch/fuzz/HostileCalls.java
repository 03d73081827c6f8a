package panatorch.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import panatorch.Operators;

/** Calls of all operators with {@link HostileArguments}. */
record HostileCalls(List<String> operators) implements Calls {

    /** Draws a call; returns null if the operator takes an argument that cannot be drawn: an object of a custom class, or a stream. */
    @Override public @Nullable OperatorCall of(long seed, long number) {
        var random = new SplittableRandom(seed * 1_000_003 + number);
        String operator = operators.get(random.nextInt(operators.size()));
        var arguments = new ArrayList<@Nullable Object>();
        var draw = new HostileArguments(random);
        try {
            for (var p : Operators.parameters(operator)) {
                if (!p.required() && random.nextInt(4) == 0) break;
                arguments.add(draw.of(p));
            }
        } catch (UnsupportedOperationException e) {
            return null;
        }
        return new OperatorCall(operator, arguments);
    }
}
