package panatorch.tests;

import java.nio.file.Path;
import panatorch.Torch;

/** Loads libtorch in a process of its own and prints a result and where it is from, or the sentence that says why not. */
final class LibraryStart {
    private LibraryStart() {}

    @SuppressWarnings("restricted") public static void main(String[] args) {
        for (String library : args) System.load(Path.of(library).toString());
        try {
            System.out.println("result " + Torch.ones(2, 2).add(1).sum().itemDouble() + " from " + Torch.libraryFolder() + " with "
                    + Torch.numThreads() + " threads");
        } catch (UnsatisfiedLinkError e) {
            System.out.println("sentence " + e.getMessage());
        }
    }
}
