package panatorch.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.text.cases.CheckedInCases;

/** What Python's tokenizers made of texts; {@code tokenizer_cases.py resources/panatorch/text --small} has written it. */
class CheckedInCasesTest {
    static List<CheckedInCases.Kind> kinds() throws IOException { return CheckedInCases.kinds(); }

    @ParameterizedTest
    @MethodSource("kinds") void ids_offsets_and_texts_are_those_of_python(CheckedInCases.Kind kind) {
        Tokenizer tokenizer = Tokenizers.parse(kind.json());
        assertThat(kind.cases()).hasSize(3);
        for (CheckedInCases.Case each : kind.cases())
            assertThat(Summary.of(tokenizer, each.text(), each.pair())).as(each.text() + " + " + each.pair()).isEqualTo(each.summary());
    }
}
