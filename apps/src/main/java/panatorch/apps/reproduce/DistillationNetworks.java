package panatorch.apps.reproduce;

import panatorch.models.CudaConvnetQuick;
import panatorch.nn.AdaptiveAvgPool2d;
import panatorch.nn.AvgPool2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Dropout;
import panatorch.nn.Flatten;
import panatorch.nn.MaxPool2d;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.init.Init;

/** The networks of the distillation experiments at a size that two cores train in a minute: the published layers with fewer units. */
final class DistillationNetworks {
    private DistillationNetworks() {}

    /**
     * Creates {@link panatorch.models.AllConv} with half its dropout rates.
     *
     * @param first units in place of 96
     * @param second units in place of 192
     * @param classes number of classes
     */
    static Module allConv(int first, int second, int classes) {
        return initialized(new Networks.Split(
                new Sequential(new Dropout(0.1), conv(3, first, 3, 1), conv(first, first, 3, 1), conv(first, first, 3, 2),
                        new Dropout(0.25),
                        conv(first, second, 3, 1), conv(second, second, 3, 1), conv(second, second, 3, 2)),
                new Sequential(new Dropout(0.25), conv(second, second, 3, 1), conv(second, second, 1, 1), conv(second, classes, 1, 1),
                        new AdaptiveAvgPool2d(1), new Flatten())));
    }

    /** Creates {@link panatorch.models.NiN} with {@code 1 / part} of its units and half its dropout rates. */
    static Module nin(int part, int classes) {
        int wide = 192 / part, middle = 160 / part, narrow = 96 / part;
        return initialized(new Networks.Split(
                new Sequential(conv(3, wide, 5, 1), conv(wide, middle, 1, 1), conv(middle, narrow, 1, 1), new MaxPool2d(3, 2, 0, true),
                        new Dropout(0.25),
                        conv(narrow, wide, 5, 1), conv(wide, wide, 1, 1), conv(wide, wide, 1, 1), new AvgPool2d(3, 2, 0, true, true)),
                new Sequential(new Dropout(0.25), conv(wide, wide, 3, 1), conv(wide, wide, 1, 1), conv(wide, classes, 1, 1),
                        new AdaptiveAvgPool2d(1), new Flatten())));
    }

    /** Units of the layers of {@code Quick}, except the last. */
    record Widths(int conv1, int conv2, int conv3, int ip1) {
        static final Widths PUBLISHED = new Widths(32, 32, 64, 64), SMALL = new Widths(16, 16, 32, 64);

        /** Returns the widths that leave about {@code part} of each layer's weights. */
        Widths shrunk(double part) {
            return new Widths(times(conv1, part), times(conv2, part), times(conv3, part), times(ip1, part));
        }

        private static int times(int units, double part) { return (int) Math.round(units * Math.sqrt(part)); }

        Widths penultimate(int units) { return new Widths(conv1, conv2, conv3, units); }

        /** Returns the number of weights and biases. */
        int parameters() {
            return 75 * conv1 + conv1 + 25 * conv1 * conv2 + conv2 + 25 * conv2 * conv3 + conv3 + 16 * conv3 * ip1 + ip1 + 10 * ip1 + 10;
        }

        /** Returns the part of the weights and biases of {@code full} that is left. */
        double part(Widths full) {
            return parameters() / (double) full.parameters();
        }

        CudaConvnetQuick network(int classes, double p) {
            return initialized(new CudaConvnetQuick(CudaConvnetQuick.options(classes).widths(conv1, conv2, conv3, ip1).dropout(p)));
        }
    }

    private static Sequential conv(long in, long out, long kernel, long stride) {
        return new Sequential(new Conv2d(Conv2d.options(in, out, kernel).stride(stride).padding(kernel / 2)), new ReLU());
    }

    /**
     * Initialises the network with Kaiming's normal distribution. Without normalisation, smaller weights keep the first epochs from
     * learning anything, and there are few epochs.
     */
    static <M extends Module> M initialized(M network) {
        network.namedParameters().forEach((name, t) -> {
            if (t.dim() > 1) Init.kaimingNormal_(t, 0, Init.Fan.IN, Init.Nonlinearity.RELU);
            else Init.zeros_(t);
        });
        return network;
    }
}
