package panatorch.datasets;

import java.net.URI;
import java.util.List;
import java.util.stream.Stream;

/**
 * A file on servers.
 *
 * @param sha256 in hexadecimal, lower case
 * @param addresses where it is, in the order in which they are asked
 */
record RemoteFile(String name, long size, String sha256, List<URI> addresses) {
    /** @param folders addresses that end with a slash, to which {@code name} is appended */
    RemoteFile(String name, long size, String sha256, String... folders) { this(name, size, sha256, Stream.of(folders).map(f -> URI.create(f + name)).toList()); }

    /** Whether the set is what is in it. */
    boolean isArchive() { return name.endsWith(".tar.gz"); }
}
