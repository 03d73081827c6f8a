package panatorch.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import panatorch.datasets.DataLoader;
import panatorch.datasets.transforms.Compose;
import panatorch.datasets.transforms.Normalize;
import panatorch.datasets.transforms.RandomCrop;
import panatorch.datasets.transforms.RandomHorizontalFlip;
import panatorch.distributed.Launch;
import panatorch.distributed.ProcessGroup;
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
 * The training of {@link SmallTraining} on several ranks, one of which {@link RankKill} kills: {@code RankTraining FOLDER EPOCHS}, started
 * by torchrun. The same content of the folder and the same number of ranks and epochs give the same bits.
 */
final class RankTraining {
    private RankTraining() {}

    private static final int BATCH = 8;
    private static final long CHECKPOINT_STEPS = 2;

    /** What a rank prints when it begins to train, with its place and its process. */
    static final String BEGUN = "begun: attempt %d rank %d process %d step %d";

    static void main(String[] args) throws IOException, InterruptedException {
        Path folder = Files.createDirectories(Path.of(args[0]));
        Launch launch = Launch.environment();
        try (var group = ProcessGroup.join(launch, ProcessGroup.Options.standard()); var images = SmallTraining.images();
                var model = SmallTraining.model(); var optimizer = new Adam(model.parameters(), Adam.options(2e-3))) {
            var loader = DataLoader.of(images, BATCH).shuffle().seed(5).rank(group.rank(), group.ranks())
                    .transform(Compose.of(new RandomCrop(32, 4), new RandomHorizontalFlip(0.5), new Normalize(images.mean(), images.std())))
                    .build();
            var checkpoints = new Checkpointing(folder, "loss", CHECKPOINT_STEPS, Map.of());
            var start = new Callback() {
                @Override public void fitStart(Trainer t) {
                    System.out.println(BEGUN.formatted(launch.restarts(), group.rank(), ProcessHandle.current().pid(), t.steps()));
                    System.out.flush();
                }
            };
            try (var trainer = Trainer.of(model, optimizer, Objective.of(CrossEntropy::crossEntropy)).distributed(group)
                    .callbacks(Schedule.eachStep(new StepLR(optimizer, 50, 0.9)), checkpoints, start).build()) {
                Path last = checkpoints.last();
                if (last != null) trainer.load(last);
                trainer.fit(loader, Long.parseLong(args[1]));
                if (group.rank() == 0) Safetensors.save(folder.resolve(SmallTraining.WEIGHTS), model.stateDict(), Map.of());
                group.barrier(); // torchrun ends all when one has ended with an error, so none leaves before the file is there
            }
        }
    }
}
