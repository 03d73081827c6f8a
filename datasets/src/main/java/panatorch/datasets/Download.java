package panatorch.datasets;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Downloads datasets, whose files may be archives. */
final class Download {
    private final panatorch.internal.files.Download files;

    Download(PublicData.Progress progress) { files = new panatorch.internal.files.Download(progress::at); }

    /** Makes a downloader with its own limits; see {@link panatorch.internal.files.Download}. */
    Download(PublicData.Progress progress, int attempts, Duration silence, Duration pause) {
        files = new panatorch.internal.files.Download(progress::at, attempts, silence, pause);
    }

    /** Downloads a dataset's files to the folder {@code name} of {@code data}, or an archive to {@code data}, which is unpacked there. */
    Path fetch(List<RemoteFile> files, Path data, String name) {
        Path folder = data.resolve(name);
        for (RemoteFile file : files) {
            if (file.isArchive() && Files.isDirectory(folder)) continue; // a folder of this name is complete: unpacking renames at its end
            Path into = file.isArchive() ? data : folder;
            try {
                Files.createDirectories(into);
                Path loaded = this.files.fetch(file.source(), into);
                if (file.isArchive()) TarGz.unpack(loaded, name, data);
            } catch (IOException e) {
                throw new DatasetException(file.name() + " could not be downloaded (" + panatorch.internal.files.Download.reason(e)
                        + "); download "
                        + file.addresses().getFirst() + " by hand, put it into " + into.toAbsolutePath().normalize() + " and try again", e);
            }
        }
        return folder;
    }

    static String sha256(Path file) throws IOException { return panatorch.internal.files.Download.sha256(file); }
}
