package panatorch.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.opcases.CaseFile;
import panatorch.opcases.OperatorCase;
import panatorch.opcases.Values;

/**
 * Legal calls with the values of diverged models: infinities, NaN, denormals and numbers near the end of a type, alone and among ordinary
 * ones. Half of them are {@link LegalCalls}, the others are operator cases.
 */
final class DivergedCalls implements Calls {
    private static final DType[] TYPES =
            {DType.FLOAT32, DType.FLOAT64, DType.FLOAT32, DType.FLOAT64, DType.COMPLEX64, DType.COMPLEX128, DType.BFLOAT16, DType.FLOAT16};

    private final CaseFile file = CaseFile.chosen();

    @Override public @Nullable OperatorCall of(long seed, long number) {
        var random = new SplittableRandom(seed * 1_000_003 + number);
        return random.nextInt(8) < 5 ? new LegalCalls(random, TYPES[random.nextInt(TYPES.length)]).draw()
                : ofCase(file.cases().get(random.nextInt(file.cases().size())), random);
    }

    private OperatorCall ofCase(OperatorCase which, SplittableRandom random) {
        DType dtype = random.nextBoolean() ? null : TYPES[random.nextInt(TYPES.length)];
        boolean grad = random.nextBoolean();
        List<Object> tensors = new ArrayList<>();
        for (String name : which.inputs()) tensors.add(DivergedTensor.draw(name, () -> file.tensors().tensor(name), dtype, random, grad));
        var arguments = new ArrayList<@Nullable Object>();
        for (var value : which.args()) arguments.add(Values.decode(value, tensors));
        return new OperatorCall(which.operator(), arguments);
    }
}
