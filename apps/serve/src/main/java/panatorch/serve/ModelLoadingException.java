package panatorch.serve;

/** Thrown when a request asks for a model whose first load has not ended yet. Try again later. */
public final class ModelLoadingException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    ModelLoadingException(String model) {
        super("the model " + model + " is being loaded; try again later");
    }
}
