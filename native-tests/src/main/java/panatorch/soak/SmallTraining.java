package panatorch.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.LongConsumer;
import panatorch.Torch;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Synthetic;
import panatorch.datasets.transforms.Compose;
import panatorch.datasets.transforms.Normalize;
import panatorch.datasets.transforms.RandomCrop;
import panatorch.datasets.transforms.RandomHorizontalFlip;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Dropout;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.MaxPool2d;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.Adam;
import panatorch.optim.StepLR;
import panatorch.serialize.Safetensors;
import panatorch.train.Callback;
import panatorch.train.Checkpointing;
import panatorch.train.Objective;
import panatorch.train.Schedule;
import panatorch.train.Trainer;

/**
 * A training of a few seconds with everything that makes resuming hard: dropout, batch-norm statistics, Adam's moments, a learning-rate
 * schedule, and images that workers shuffle, crop and mirror. It resumes from the checkpoint in its folder. The same content of the folder
 * and the same number of epochs give the same bits.
 */
final class SmallTraining {
    private SmallTraining() {}

    /** The file that is written when all epochs are over. */
    static final String WEIGHTS = "model.safetensors";
    /** The word that the process prints when training begins, before the step from which it resumes. */
    static final String BEGUN = "training from step ";
    private static final int IMAGES = 320, BATCH = 16;
    private static final long CHECKPOINT_STEPS = 2;

    static Synthetic images() { return Synthetic.train(IMAGES, 1); }

    static Module model() {
        Torch.manualSeed(3);
        return new Sequential(new Conv2d(3, 8, 5), new BatchNorm2d(8), new ReLU(), new MaxPool2d(4), new Flatten(), new Dropout(0.3),
                new Linear(8 * 7 * 7, 10));
    }

    static DataLoader loader(Synthetic images) {
        return DataLoader.of(images, BATCH).shuffle().seed(5).workers(2)
                .transform(Compose.of(new RandomCrop(32, 4), new RandomHorizontalFlip(0.5), new Normalize(images.mean(), images.std())))
                .build();
    }

    /**
     * Trains until {@code epochs} epochs are over in total.
     *
     * @param begun called with the step from which training resumes
     */
    static Trainer.EpochSummary run(Path folder, Synthetic images, long epochs, LongConsumer begun) throws IOException {
        return run(folder, images, epochs, false, begun);
    }

    private static Trainer.EpochSummary run(Path folder, Synthetic images, long epochs, boolean inBackground, LongConsumer begun)
            throws IOException {
        var loader = loader(images);
        try (var model = model(); var optimizer = new Adam(model.parameters(), Adam.options(2e-3))) {
            var checkpoints = new Checkpointing(folder, "loss", CHECKPOINT_STEPS, Map.of());
            if (inBackground) checkpoints.inBackground();
            var start = new Callback() {
                @Override public void fitStart(Trainer t) { begun.accept(t.steps()); }
            };
            try (var trainer = Trainer.of(model, optimizer, Objective.of(CrossEntropy::crossEntropy))
                    .callbacks(Schedule.eachStep(new StepLR(optimizer, 50, 0.9)), checkpoints, start).build()) {
                Path last = checkpoints.last();
                if (last != null) trainer.load(last);
                trainer.fit(loader, epochs);
                Safetensors.save(folder.resolve(WEIGHTS), model.stateDict(), Map.of());
                return trainer.history().getLast();
            }
        }
    }

    /** The argument with which checkpoints are written in the background. */
    static final String IN_BACKGROUND = "background";

    /** Runs the process that {@link Kill} kills: {@code SmallTraining FOLDER EPOCHS [background]}. */
    public static void main(String[] args) throws IOException {
        Path folder = Files.createDirectories(Path.of(args[0]));
        try (var images = images()) {
            run(folder, images, Long.parseLong(args[1]), args.length > 2 && args[2].equals(IN_BACKGROUND), step -> {
                System.out.println(BEGUN + step);
                System.out.flush();
            });
        }
    }
}
