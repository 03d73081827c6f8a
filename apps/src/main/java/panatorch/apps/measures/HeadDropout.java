package panatorch.apps.measures;

import panatorch.Tensor;
import panatorch.apps.console.InputException;
import panatorch.models.Classifier;
import panatorch.nn.Dropout;
import panatorch.nn.Module;
import panatorch.nn.Sequential;
import panatorch.nn.Stochastic;

/** A network with dropout in front of its head, as training had it, which is no part of the weights. Shares all of the network's parts, and is not to be closed. */
public final class HeadDropout extends Classifier {
    private final Classifier network;
    private final Module head;

    private HeadDropout(Classifier network, double p) {
        this.network = child("network", network);
        head = new Sequential(child("dropout", new Dropout(p)), network.head());
    }

    /** The network as it is random in training. @param p of dropout in front of the head; 0 for none @throws InputException if nothing in it is random */
    public static Classifier random(Classifier network, double p, String who) {
        Classifier random = p == 0 ? network : new HeadDropout(network, p);
        if (random.modules().stream().noneMatch(m -> m instanceof Stochastic s && s.draws())) throw new InputException(who + " needs a network that was trained with dropout, and this one has none; --dropout-p sets one in front of the head");
        return random;
    }

    @Override public Tensor features(Tensor input) { return network.features(input); }

    @Override public Module head() { return head; }
}
