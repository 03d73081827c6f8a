package panatorch.datasets;

import java.nio.file.Path;
import java.util.List;

/**
 * Public datasets that can be downloaded, with their official addresses, sizes and checksums.
 *
 * <pre>{@code
 * PublicData.CIFAR10.download(Path.of("data"));
 * var train = Cifar10.train(Path.of("data"));
 * }</pre>
 */
public enum PublicData {
    /** CIFAR-10, which {@link Cifar10} reads. */
    CIFAR10("cifar-10-batches-bin",
            new RemoteFile("cifar-10-binary.tar.gz", 170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                    "https://www.cs.toronto.edu/~kriz/")),

    /** CIFAR-100, which {@link Cifar100} reads. */
    CIFAR100("cifar-100-binary",
            new RemoteFile("cifar-100-binary.tar.gz", 168_513_733, "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
                    "https://www.cs.toronto.edu/~kriz/")),

    /** MNIST, which {@link Mnist#train} and {@link Mnist#test} read. */
    MNIST("mnist",
            mnist("train-images-idx3-ubyte.gz", 9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            mnist("train-labels-idx1-ubyte.gz", 28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            mnist("t10k-images-idx3-ubyte.gz", 1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            mnist("t10k-labels-idx1-ubyte.gz", 4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6")),

    /** Fashion-MNIST, which {@link Mnist#fashionTrain} and {@link Mnist#fashionTest} read. */
    FASHION_MNIST("fashion-mnist",
            fashion("train-images-idx3-ubyte.gz", 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            fashion("train-labels-idx1-ubyte.gz", 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            fashion("t10k-images-idx3-ubyte.gz", 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            fashion("t10k-labels-idx1-ubyte.gz", 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5")),

    /** SVHN without its extra images, which {@link Svhn#train} and {@link Svhn#test} read. */
    SVHN("svhn",
            svhn("train_32x32.mat", 182_040_794, "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8"),
            svhn("test_32x32.mat", 64_275_384, "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b")),

    /** The extra images of SVHN, which {@link Svhn#extra} reads. */
    SVHN_EXTRA("svhn", svhn("extra_32x32.mat", 1_329_278_602, "a133a4beb38a00fcdda90c9489e0c04f900b660ce8a316a5e854838379a71eb3"));

    final String folder;
    final List<RemoteFile> files;

    PublicData(String folder, RemoteFile... files) {
        this.folder = folder;
        this.files = List.of(files);
    }

    private static RemoteFile mnist(String name, long size, String sha256) {
        return new RemoteFile(name, size, sha256, "https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/");
    }

    private static RemoteFile fashion(String name, long size, String sha256) {
        return new RemoteFile(name, size, sha256, "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/");
    }

    private static RemoteFile svhn(String name, long size, String sha256) {
        return new RemoteFile(name, size, sha256, "http://ufldl.stanford.edu/housenumbers/");
    }

    /** Returns the size of the download in bytes. */
    public long bytes() { return files.stream().mapToLong(RemoteFile::size).sum(); }

    /** Downloads the dataset without reporting progress; see {@link #download(Path, Progress)}. */
    public Path download(Path data) {
        return download(data, (file, bytes, of) -> {});
    }

    /**
     * Makes sure that the dataset lies below {@code data}, where its class looks for it. Files that are there already are not downloaded
     * again, and an interrupted download is resumed where it ended. Files appear under their names only when they are complete and their
     * SHA-256 is right. An archive that the user put into {@code data} is unpacked.
     *
     * @param progress is called while files are downloaded
     * @return the folder of the dataset's files
     * @throws DatasetException if the download fails; the message says what to download by hand and where to put it
     */
    public Path download(Path data, Progress progress) { return new Download(progress).fetch(files, data, folder); }

    /** A callback for the progress of a download. It is called often, on the thread that downloads. */
    @FunctionalInterface
    public interface Progress {
        /**
         * Reports the progress of one file.
         *
         * @param file the file's name
         * @param bytes number of bytes that are there
         * @param of size of the file in bytes
         */
        void at(String file, long bytes, long of);
    }
}
