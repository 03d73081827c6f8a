package panatorch.internal.calls;

/** The classes that implement this package's interfaces and announce themselves to them. */
final class Implementation {
    private Implementation() {}

    /** Initialises a class of the package {@code panatorch} by its name, as this package may not depend on that one. */
    static void initialise(String name) {
        try {
            Class.forName("panatorch." + name, true, Implementation.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }
}
