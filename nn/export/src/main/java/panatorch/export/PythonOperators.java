package panatorch.export;

import java.util.ArrayList;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DispatchKey;
import panatorch.OperatorLibrary;
import panatorch.Tensor;

/** Operators that Python libraries define in Python, for the programs that call them. One is defined when a program first needs it. */
final class PythonOperators {
    private PythonOperators() {}

    private static final String GROUPED_PRODUCT = "transformers::grouped_mm_fallback";

    /** The library of the operators, which lasts until the process ends; null before the first one. */
    private static @Nullable OperatorLibrary transformers;

    /** Defines an operator if it is one of them, and returns whether it is. */
    static synchronized boolean define(String name) {
        if (!name.equals(GROUPED_PRODUCT)) return false;
        if (transformers == null)
            transformers =
                    OperatorLibrary.open("transformers").define("grouped_mm_fallback(Tensor input, Tensor weight, Tensor offs) -> Tensor")
                            .implement("grouped_mm_fallback", DispatchKey.COMPOSITE_IMPLICIT_AUTOGRAD,
                                    a -> groupedProduct(a.tensor("input"), a.tensor("weight"), a.tensor("offs")));
        return true;
    }

    /**
     * Multiplies each expert's tokens by its weight, as the mixture-of-experts layers of transformers do.
     *
     * @param input tokens [S, D], those of the first expert first
     * @param weight weights [E, D, F]
     * @param ends integers [E], where the tokens of each expert end; those behind the last end give 0
     * @return [S, F]
     */
    private static Tensor groupedProduct(Tensor input, Tensor weight, Tensor ends) {
        var products = new ArrayList<Tensor>();
        long start = 0;
        for (int expert = 0; expert < weight.size(0); expert++) {
            long end = ends.select(0, expert).itemLong();
            if (end > start) products.add(input.narrow(0, start, end - start).mm(weight.select(0, expert)));
            start = Math.max(start, end);
        }
        if (start < input.size(0)) products.add(input.newZeros(input.size(0) - start, weight.size(2)));
        return products.isEmpty() ? input.newZeros(0, weight.size(2)) : Aten.cat(products, 0);
    }
}
