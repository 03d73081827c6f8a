package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Torch;
import panatorch.datasets.text.Table;
import panatorch.datasets.text.TextDataset;
import panatorch.datasets.text.Vocabulary;
import panatorch.datasets.text.WordPiece;
import panatorch.junit.NoTensorLeaks;

/** What {@link Dataset#close} promises, of every set that there is. */
@NoTensorLeaks
class ClosedSetTest {
    @TempDir
    Path folder;

    private interface Opener {
        Dataset open(Path folder) throws IOException;
    }

    /** A small set of each kind, of files made in a folder. */
    enum Kind {
        CIFAR10(folder -> {
            Files.write(folder.resolve("test_batch.bin"), new byte[10_000 * 3073]);
            return Cifar10.test(folder);
        }),
        CIFAR100(folder -> Cifar100.of(Files.write(folder.resolve("train.bin"), new byte[2 * 3074]), Cifar100.Labels.FINE)),
        MNIST(folder -> {
            Files.write(folder.resolve("t10k-images-idx3-ubyte"),
                    ByteBuffer.allocate(16 + 784).putInt(0x803).putInt(1).putInt(28).putInt(28).array());
            Files.write(folder.resolve("t10k-labels-idx1-ubyte"), ByteBuffer.allocate(8 + 1).putInt(0x801).putInt(1).array());
            return Mnist.test(folder);
        }),
        SVHN(folder -> {
            copy("svhn.mat", folder.resolve("test_32x32.mat"));
            return Svhn.test(folder);
        }),
        FOLDER(folder -> {
            copy("images/rgb.png", Files.createDirectory(folder.resolve("cat")).resolve("a.png"));
            return ImageFolder.of(folder, Framing.stretch(4, 4));
        }),
        UNLABELLED(folder -> {
            copy("images/rgb.png", folder.resolve("a.png"));
            return ImageFolder.unlabelled(List.of(folder.resolve("a.png")), Framing.stretch(4, 4), ChannelStats.IMAGENET);
        }),
        TEXT(folder -> {
            Path words = Files.writeString(folder.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\nfine\n");
            return TextDataset.of(
                    Table.tsv(Files.write(folder.resolve("a.tsv"), "sentence\tlabel\nfine\t1\n".getBytes(StandardCharsets.UTF_8))),
                    "sentence", "label", List.of("negative", "positive"),
                    new WordPiece(Vocabulary.read(words), true), 8);
        }),
        TENSORS(folder -> {
            try (var scope = Scope.open()) {
                return TensorDataset.of(Torch.ones(2, 3), Torch.zeros(DType.INT64, 2), List.of("a"));
            }
        }),
        SYNTHETIC(folder -> Synthetic.test(3, 0));

        final Opener opener;

        Kind(Opener opener) { this.opener = opener; }

        private static void copy(String resource, Path to) throws IOException {
            try (InputStream in = ClosedSetTest.class.getResourceAsStream(resource)) {
                Files.copy(in, to);
            }
        }
    }

    @ParameterizedTest
    @EnumSource void a_set_is_not_read_once_it_is_closed_neither_through_a_view_nor_through_a_loader(Kind kind) throws IOException {
        Dataset set = kind.opener.open(folder);
        set.batch(0).close();
        set.close();
        set.close();
        assertThatThrownBy(() -> set.batch(0)).isInstanceOf(IllegalStateException.class).hasMessage("the dataset is closed");
        assertThatThrownBy(() -> set.subset(0).batch(0)).isInstanceOf(IllegalStateException.class).hasMessage("the dataset is closed");
        try (var epoch = DataLoader.of(set, 1).build().epoch(0)) {
            assertThatThrownBy(() -> epoch.iterator().next()).isInstanceOf(CompletionException.class)
                    .hasRootCauseInstanceOf(IllegalStateException.class).hasRootCauseMessage("the dataset is closed");
        }
        assertThat(set.size()).isPositive();
    }
}
