package panatorch.datasets;

import java.net.URI;
import java.util.List;
import java.util.stream.Stream;
import panatorch.internal.files.Download;

/**
 * A file to download, with its size and checksum.
 *
 * @param size its size in bytes
 * @param sha256 its SHA-256 in hexadecimal, lower case
 * @param addresses its addresses, in the order in which they are tried
 */
record RemoteFile(String name, long size, String sha256, List<URI> addresses) {
    /**
     * Describes a file by the folders that hold it.
     *
     * @param folders addresses that end with a slash, to which {@code name} is appended
     */
    RemoteFile(String name, long size, String sha256, String... folders) {
        this(name, size, sha256, Stream.of(folders).map(f -> URI.create(f + name)).toList());
    }

    Download.Source source() { return new Download.Source(name, size, sha256, addresses); }

    /** Returns whether this is an archive of the dataset's files. */
    boolean isArchive() { return name.endsWith(".tar.gz"); }
}
