package panatorch.internal.library;

/** One place where libtorch was searched, with the outcome and the reason. */
public record Step(String place, Outcome outcome, String reason) {
    public enum Outcome {
        CHOSEN("chosen"), ABSENT("not there"), REFUSED("refused");

        private final String words;

        Outcome(String words) { this.words = words; }

        @Override public String toString() { return words; }
    }

    @Override public String toString() { return place + ": " + outcome + ", " + reason; }
}
