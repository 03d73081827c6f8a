package panatorch.nn;

import panatorch.Tensor;

/** Modules one after the other, named {@code 0}, {@code 1}, …; without any, the identity. */
public final class Sequential extends Module {
    public Sequential(Module... modules) {
        for (int i = 0; i < modules.length; i++) child(Integer.toString(i), modules[i]);
    }

    @Override public Tensor forward(Tensor input) {
        Tensor x = input;
        for (Module m : namedChildren().values()) x = m.forward(x);
        return x;
    }
}
