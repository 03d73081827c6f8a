package panatorch.nn.utils.prune;

import java.util.Arrays;
import panatorch.Aten;
import panatorch.Index;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * A choice of the elements of a tensor to prune. {@link Prune} applies it. An amount is a part of the elements or channels, rounded as
 * Python rounds (0.5 to the even number), or a number of them. For a choice of your own, extend this class.
 */
public abstract class PruningMethod {
    /** The elements among which a method chooses, where some are pruned already. */
    public enum Kind {
        /** The single elements that are not pruned. {@link #mask} gets them as a vector. */
        UNSTRUCTURED,
        /** The channels along {@link #dim} that are not all pruned. {@link #mask} gets a tensor of these channels. */
        STRUCTURED,
        /** All elements. {@link #mask} gets the whole tensor. */
        GLOBAL
    }

    /** Returns the elements among which this method chooses. */
    public abstract Kind kind();

    /** Returns the dimension of the channels of a {@link Kind#STRUCTURED} method; otherwise the result has no meaning. */
    public long dim() {
        return -1;
    }

    /**
     * Returns the mask of the elements to keep: ones, and zeros where an element is pruned.
     *
     * @param scores importance of each element: by default its value
     * @param before mask so far, of the shape of {@code scores}; it may be returned, but not changed
     */
    public abstract Tensor mask(Tensor scores, Tensor before);

    /** Returns a method that prunes nothing more. */
    public static PruningMethod identity() {
        return new Rule(Kind.UNSTRUCTURED, -1, (scores, before) -> before);
    }

    /** Returns a method that prunes a part of the elements, drawn from the global generator. */
    public static PruningMethod randomUnstructured(double amount) {
        return randomUnstructured(Amount.part(amount));
    }

    /** Returns a method that prunes a number of elements, drawn from the global generator. */
    public static PruningMethod randomUnstructured(long amount) {
        return randomUnstructured(Amount.number(amount));
    }

    private static PruningMethod randomUnstructured(Amount amount) {
        return new Rule(Kind.UNSTRUCTURED, -1, (scores, before) -> {
            long n = amount.of(scores.numel());
            return n == 0 ? before.clone() : without(before, scores.randLike().reshape(-1).topk(n).indices());
        });
    }

    /** Returns a method that prunes the part of the elements whose absolute scores are the smallest. */
    public static PruningMethod l1Unstructured(double amount) {
        return l1Unstructured(Amount.part(amount));
    }

    /** Returns a method that prunes the number of elements whose absolute scores are the smallest. */
    public static PruningMethod l1Unstructured(long amount) {
        return l1Unstructured(Amount.number(amount));
    }

    private static PruningMethod l1Unstructured(Amount amount) {
        return new Rule(Kind.UNSTRUCTURED, -1, (scores, before) -> {
            long n = amount.of(scores.numel());
            return n == 0 ? before.clone() : without(before, scores.abs().reshape(-1).topk(n, -1, false).indices());
        });
    }

    /** Returns a method that prunes a part of the channels along a dimension, drawn from the CPU's global generator. */
    public static PruningMethod randomStructured(double amount, long dim) {
        return randomStructured(Amount.part(amount), dim);
    }

    /** Returns a method that prunes a number of channels along a dimension, drawn from the CPU's global generator. */
    public static PruningMethod randomStructured(long amount, long dim) {
        return randomStructured(Amount.number(amount), dim);
    }

    private static PruningMethod randomStructured(Amount amount, long dim) {
        return new Rule(Kind.STRUCTURED, dim, (scores, before) -> {
            long channels = channels(scores, dim), n = amount.of(channels);
            if (n == 0) return before;
            Tensor draws = Torch.rand(channels);
            return channelMask(scores, dim, draws.gt(draws.kthvalue(n).values()).nonzero().squeeze(1).to(scores.device()))
                    .mul(before.to(scores.dtype()));
        });
    }

    /**
     * Returns a method that prunes the part of the channels whose norms are the smallest.
     *
     * @param n order of the norm; infinite for the largest absolute value
     * @param dim dimension of the channels
     */
    public static PruningMethod lnStructured(double amount, double n, long dim) { return lnStructured(Amount.part(amount), n, dim); }

    /**
     * Returns a method that prunes the number of channels whose norms are the smallest.
     *
     * @param n order of the norm; infinite for the largest absolute value
     * @param dim dimension of the channels
     */
    public static PruningMethod lnStructured(long amount, double n, long dim) { return lnStructured(Amount.number(amount), n, dim); }

    private static PruningMethod lnStructured(Amount amount, double order, long dim) {
        return new Rule(Kind.STRUCTURED, dim, (scores, before) -> {
            long channels = channels(scores, dim), n = amount.of(channels);
            if (n == 0) return before;
            Tensor norms = Aten.linalgVectorNorm(scores.movedim(dim, 0).reshape(channels, -1), order, 1);
            return channelMask(scores, dim, norms.topk(channels - n).indices()).mul(before.to(scores.dtype()));
        });
    }

    /** Returns a method that keeps the elements where {@code mask}, which stays the caller's, is 1, and prunes those where it is 0. */
    public static PruningMethod customFromMask(Tensor mask) {
        return new Rule(Kind.GLOBAL, -1, (scores, before) -> {
            if (!Arrays.equals(mask.shape(), before.shape()))
                throw new IllegalArgumentException("the mask is " + mask.describe() + ", and the tensor to prune has the shape "
                        + Arrays.toString(before.shape()));
            return before.mul(mask.to(before.dtype()));
        });
    }

    /** Returns the mask of all elements, of which only those of this method's {@link #kind} may be pruned anew. */
    final Tensor combined(Tensor scores, Tensor before) {
        switch (kind()) {
            case GLOBAL -> {
                return mask(scores, before);
            }
            case UNSTRUCTURED -> {
                Tensor all = before.to(scores.dtype()).clone(), left = before.eq(1);
                return all.set(Index.index(left), mask(scores.get(left), before.get(left)).to(all.dtype()));
            }
            default -> {
                long dim = dim();
                Tensor sums = before.movedim(dim, 0).reshape(channels(before, dim), -1).sum(1);
                Tensor left = sums.ne(0).nonzero().squeeze(1);
                Tensor part = mask(scores.indexSelect(dim, left), before.indexSelect(dim, left)).to(scores.dtype());
                return before.to(scores.dtype()).indexCopy(dim, left, part);
            }
        }
    }

    private static Tensor without(Tensor before, Tensor places) {
        Tensor mask = before.contiguous().clone();
        mask.view(-1).indexFill_(0, places, 0);
        return mask;
    }

    private static Tensor channelMask(Tensor like, long dim, Tensor kept) { return like.zerosLike().indexFill_(dim, kept, 1); }

    private static long channels(Tensor t, long dim) {
        if (t.dim() < 2)
            throw new IllegalArgumentException("channels are pruned of tensors of two or more dimensions, not " + t.describe());
        if (dim >= t.dim() || dim < -t.dim())
            throw new IllegalArgumentException("there is no dimension " + dim + " in " + t.describe());
        return t.size(dim);
    }

    /** A number of elements, or a part of them. */
    private record Amount(double part, long number) {
        static Amount part(double part) {
            if (!(part >= 0 && part <= 1))
                throw new IllegalArgumentException("the part to prune has to be between 0.0 and 1.0, not " + part);
            return new Amount(part, -1);
        }

        static Amount number(long number) {
            if (number < 0) throw new IllegalArgumentException("the number to prune cannot be negative, as " + number + " is");
            return new Amount(0, number);
        }

        long of(long all) {
            if (number < 0) return (long) Math.rint(part * all);
            if (number > all)
                throw new IllegalArgumentException("there are " + all + " elements or channels to prune, fewer than " + number);
            return number;
        }
    }

    @FunctionalInterface
    private interface Choice {
        Tensor mask(Tensor scores, Tensor before);
    }

    private static final class Rule extends PruningMethod {
        private final Kind kind;
        private final long dim;
        private final Choice choice;

        Rule(Kind kind, long dim, Choice choice) {
            this.kind = kind;
            this.dim = dim;
            this.choice = choice;
        }

        @Override public Kind kind() { return kind; }

        @Override public long dim() { return dim; }

        @Override public Tensor mask(Tensor scores, Tensor before) { return choice.mask(scores, before); }
    }
}
