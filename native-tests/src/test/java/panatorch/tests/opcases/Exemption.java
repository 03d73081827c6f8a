package panatorch.tests.opcases;

import java.util.List;
import java.util.Map;

/**
 * Of what an operator's numbers are not compared, only types and shapes.
 *
 * @param of beginnings of what {@link Replay} names: {@code output 1}, {@code gradient}
 */
record Exemption(List<String> of, String reason) {
    private static final Exemption UNINITIALISED = new Exemption(List.of("output"), "it returns uninitialised memory");
    static final Exemption NONE = new Exemption(List.of(), "");

    /** By operator. */
    private static final Map<String, Exemption> ALL = Map.of(
            "aten::empty.memory_format", UNINITIALISED,
            "aten::empty_like", UNINITIALISED,
            "aten::empty_permuted", UNINITIALISED,
            "aten::empty_strided", UNINITIALISED,
            "aten::new_empty", UNINITIALISED,
            "aten::new_empty_strided", UNINITIALISED,
            "aten::_linalg_eigh",
            new Exemption(List.of("output 1", "gradient"), "an eigenvector's sign is free, and OpenBLAS takes another one than MKL"));

    static Exemption of(String operator) { return ALL.getOrDefault(operator, NONE); }

    boolean covers(String what) { return of.stream().anyMatch(what::startsWith); }
}
