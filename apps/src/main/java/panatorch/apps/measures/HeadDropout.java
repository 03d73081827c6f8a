package panatorch.apps.measures;

import panatorch.Tensor;
import panatorch.apps.console.InputException;
import panatorch.models.Classifier;
import panatorch.nn.Dropout;
import panatorch.nn.Module;
import panatorch.nn.Sequential;
import panatorch.nn.Stochastic;

/** A network with dropout in front of its head, as it was trained. It shares all modules of the network, and is not closed itself. */
public final class HeadDropout extends Classifier {
    private final Classifier network;
    private final Module head;

    private HeadDropout(Classifier network, double p) {
        this.network = child("network", network);
        head = new Sequential(child("dropout", new Dropout(p)), network.head());
    }

    /**
     * Returns the network with the randomness that it had in training.
     *
     * @param network the trained network
     * @param p probability of the dropout in front of the head; 0 for none
     * @param who what needs the randomness, for the error message
     * @throws InputException if nothing in the network is random
     */
    public static Classifier random(Classifier network, double p, String who) {
        Classifier random = p == 0 ? network : new HeadDropout(network, p);
        if (random.modules().stream().noneMatch(m -> m instanceof Stochastic s && s.draws()))
            throw new InputException(who
                    + " needs a network that was trained with dropout, and this one has none; --dropout-p sets one in front of the head");
        return random;
    }

    @Override public Tensor features(Tensor input) { return network.features(input); }

    @Override public Module head() { return head; }
}
