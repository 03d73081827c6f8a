package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/**
 * Interleaves the channels of different groups: [N, C, …] → [N, C, …], with {@code groups} dividing C (Zhang et al., 2017,
 * arXiv:1707.01083).
 */
public final class ChannelShuffle extends Module {
    private final long groups;

    public ChannelShuffle(long groups) {
        this.groups = groups;
    }

    @Override public Tensor forward(Tensor input) { return Aten.channelShuffle(input, groups); }

    @Override protected Module recreate() { return new ChannelShuffle(groups); }

    @Override protected String describe() { return "groups=" + groups; }
}
