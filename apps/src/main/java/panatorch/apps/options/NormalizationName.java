package panatorch.apps.options;

/** {@code --normalize}: the mean and standard deviation with which a checkpoint of another program was trained. */
public enum NormalizationName {
    IMAGENET(new double[] {0.485, 0.456, 0.406}, new double[] {0.229, 0.224, 0.225}),
    CIFAR(new double[] {0.4914, 0.4822, 0.4465}, new double[] {0.2470, 0.2435, 0.2616});

    private final double[] mean, std;

    NormalizationName(double[] mean, double[] std) {
        this.mean = mean;
        this.std = std;
    }

    public Preparation in(Preparation p) { return p.normalizedBy(mean, std); }

    @Override public String toString() { return Names.of(this); }
}
