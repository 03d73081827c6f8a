package panatorch.tests.opcases;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import panatorch.junit.NoTensorLeaks;
import panatorch.opcases.CaseFile;
import panatorch.opcases.OperatorCase;

/**
 * Replays calls whose results PyTorch 2.13 made: outputs, arguments changed in place, and gradients, through the call by name and through
 * the generated methods. {@code -Dpanatorch.opcases=DIR} names another folder of cases than the checked-in one, which
 * {@code src/test/python/capture_cases.py} wrote.
 */
@NoTensorLeaks
class OperatorCasesTest {
    private static final CaseFile FILE = CaseFile.chosen();
    private static final Map<String, Integer> PASSED = new TreeMap<>();
    private static final Map<String, String> EXEMPT = new TreeMap<>();

    @TestFactory Stream<DynamicTest> every_case_gives_what_PyTorch_gives() {
        return IntStream.range(0, FILE.cases().size()).mapToObj(line -> {
            var which = FILE.cases().get(line);
            String name = "case " + line + ", " + which.operator();
            return DynamicTest.dynamicTest(name, () -> replay(name, which));
        });
    }

    private static void replay(String name, OperatorCase which) {
        assertThat(new Replay(which, FILE.tensors(), Replay.Way.GENERIC).differences()).as("%s, by name", name).isEmpty();
        assertThat(new Replay(which, FILE.tensors(), Replay.Way.TYPED).differences()).as("%s, by the generated method", name).isEmpty();
        if (TypedCalls.hasOptions(which.operator()))
            assertThat(new Replay(which, FILE.tensors(), Replay.Way.OPTIONS).differences()).as("%s, with options", name).isEmpty();
        if (writesInto(which))
            assertThat(new Replay(which, FILE.tensors(), Replay.Way.INTO).forward()).as("%s, into given tensors", name).isEmpty();
        PASSED.merge(which.operator(), 1, Integer::sum);
        var exemption = Exemption.of(which.operator());
        if (exemption != Exemption.NONE) EXEMPT.put(which.operator(), exemption.reason());
    }

    /**
     * libtorch's own out= overloads of these give other numbers, in Python too: one reduces what it was given, the other writes nothing.
     */
    private static final Set<String> WRONG = Set.of("aten::binary_cross_entropy", "aten::fft_ihfftn");

    private static boolean writesInto(OperatorCase which) {
        return TypedCalls.out().containsKey(which.operator()) && which.mutated().length == 0 && !WRONG.contains(which.operator());
    }

    @AfterAll static void report() {
        var operators = new TreeSet<String>();
        FILE.cases().forEach(c -> operators.add(c.operator()));
        var into = FILE.cases().stream().filter(OperatorCasesTest::writesInto).map(OperatorCase::operator).toList();
        System.out.printf("%d cases of %d operators into given tensors, too; %d with options%n", into.size(), Set.copyOf(into).size(),
                FILE.cases().stream().filter(c -> TypedCalls.hasOptions(c.operator())).count());
        System.out.printf(
                "Operator cases of %s: %d cases of %d operators; %d cases of %d operators passed both by name and by the generated "
                        + "method, in part exempt: %d operators %s%n",
                FILE.folder(), FILE.cases().size(), operators.size(), PASSED.values().stream().mapToInt(n -> n).sum(), PASSED.size(),
                EXEMPT.size(), EXEMPT);
    }
}
