package panatorch.internal.files;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;

/** Downloads files of known checksum. Connections may break, and servers may send wrong content. */
public final class Download {
    private static final int OK = 200, PARTIAL = 206, TIMEOUT = 408, NOT_SATISFIABLE = 416, TOO_MANY = 429;

    private final Progress progress;
    private final int attempts;
    private final Duration silence, pause;

    public Download(Progress progress) { this(progress, 5, Duration.ofSeconds(30), Duration.ofSeconds(1)); }

    /**
     * Makes a downloader with its own limits.
     *
     * @param attempts number of attempts in a row without a new byte after which an address is given up
     * @param silence time without data after which a connection is given up
     * @param pause time before the next attempt
     */
    public Download(Progress progress, int attempts, Duration silence, Duration pause) {
        this.progress = progress;
        this.attempts = attempts;
        this.silence = silence;
        this.pause = pause;
    }

    /**
     * Describes a file.
     *
     * @param name its name in the folder
     * @param size its size in bytes, or −1 if it is unknown
     * @param sha256 its SHA-256 in hexadecimal, lower case, or the beginning of it
     * @param addresses its addresses, in the order in which they are tried; {@code file:} is copied
     */
    public record Source(String name, long size, String sha256, List<URI> addresses) {
        private boolean matches(String hash) { return hash.startsWith(sha256); }
    }

    /** A callback for the progress of a download, called often. */
    @FunctionalInterface
    public interface Progress {
        /** @param of size of the file in bytes, or −1 if it is unknown */
        void at(String file, long bytes, long of);
    }

    /** Returns the reason of a failed download for a message. */
    public static String reason(IOException e) {
        return e.getClass() == IOException.class && e.getMessage() != null ? e.getMessage()
                : e.getClass().getSimpleName() + (e.getMessage() == null ? "" : ": " + e.getMessage());
    }

    /**
     * Downloads a file to a folder, unless it is there already, and checks it. It appears under its name only when it is complete.
     *
     * @throws IOException if all addresses fail, or a file of this name has other content
     */
    public Path fetch(Source file, Path folder) throws IOException {
        Path target = folder.resolve(file.name()), part = folder.resolve(file.name() + ".part");
        if (Files.exists(target)) {
            if ((file.size() < 0 || Files.size(target) == file.size()) && file.matches(sha256(target))) return target;
            throw new IOException("the file " + target + " exists with other content; move it away");
        }
        try (var channel = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            if (!isOurs(channel)) throw new IOException("another process is downloading it");
            load(file, channel, part);
            channel.force(true);
        }
        return Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    }

    private static boolean isOurs(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null; // until the channel closes
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    /** Tries each address until one has sent the whole file. An address that sent wrong content is not tried again. */
    private void load(Source file, FileChannel part, Path path) throws IOException {
        IOException failure = null;
        for (URI address : file.addresses()) {
            try {
                load(file, address, part);
                String found = sha256(path);
                if (file.matches(found)) return;
                part.truncate(0);
                throw new IOException(address + " sent other content: its SHA-256 is " + found + ", not " + file.sha256());
            } catch (IOException e) {
                if (failure == null) failure = e;
                else failure.addSuppressed(e);
            }
        }
        throw failure != null ? failure : new IOException("the file has no address");
    }

    private void load(Source file, URI address, FileChannel part) throws IOException {
        if (file.size() >= 0 && part.size() > file.size()) part.truncate(0);
        if ("file".equals(address.getScheme())) {
            part.truncate(0);
            try (InputStream in = Files.newInputStream(Path.of(address))) {
                append(in, file, address, part, -1);
            }
            return;
        }
        long most = part.size();
        for (int failed = 0; file.size() < 0 || part.size() < file.size();) {
            try {
                long size = request(file, address, part);
                if (part.size() < size)
                    throw new EOFException("the connection ended after " + part.size() + " of " + size + " bytes");
                if (file.size() < 0) return;
            } catch (Refused e) {
                throw e;
            } catch (IOException e) {
                if (part.size() > most) failed = 0;
                else if (++failed == attempts) throw e;
                most = Math.max(most, part.size());
                sleep();
            }
        }
    }

    private void sleep() throws IOException {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused("interrupted");
        }
    }

    /** Requests the missing bytes, appends those that the server sends, and returns the size of the file, or −1 if it is unknown. */
    private long request(Source file, URI address, FileChannel part) throws IOException {
        var connection = (HttpURLConnection) address.toURL().openConnection();
        connection.setConnectTimeout((int) silence.toMillis());
        connection.setReadTimeout((int) silence.toMillis());
        connection.setRequestProperty("Accept-Encoding", "identity"); // the files are compressed already
        if (part.size() > 0) connection.setRequestProperty("Range", "bytes=" + part.size() + "-");
        try {
            int status = connection.getResponseCode();
            String range = connection.getHeaderField("Content-Range");
            boolean continues = status == PARTIAL && range != null && range.startsWith("bytes " + part.size() + "-");
            if (status != OK && !continues) {
                if (status == PARTIAL || status == NOT_SATISFIABLE) part.truncate(0); // the server cannot resume, but may restart
                else
                    if (status >= 300 && status < 500 && status != TIMEOUT && status != TOO_MANY)
                        throw new Refused(address + " answers " + status);
                throw new IOException(address + " answers " + status);
            }
            long length = connection.getContentLengthLong();
            if (!continues && file.size() >= 0 && length >= 0 && length != file.size())
                throw new Refused(address + " has " + length + " bytes, not " + file.size());
            if (!continues) part.truncate(0);
            long size = file.size() >= 0 ? file.size() : length < 0 ? -1 : part.size() + length;
            try (InputStream in = connection.getInputStream()) {
                append(in, file, address, part, size);
            }
            return size;
        } finally {
            connection.disconnect();
        }
    }

    private void append(InputStream in, Source file, URI address, FileChannel part, long size) throws IOException {
        var buffer = new byte[1 << 16];
        long at = part.size();
        for (int n; (n = in.read(buffer)) >= 0;) {
            if (size >= 0 && at + n > size) {
                part.truncate(0);
                throw new Refused(address + " sends more than " + size + " bytes");
            }
            for (ByteBuffer rest = ByteBuffer.wrap(buffer, 0, n); rest.hasRemaining();) at += part.write(rest, at);
            progress.at(file.name(), at, size);
        }
    }

    /** Returns the SHA-256 of a file's content in hexadecimal, lower case. */
    public static String sha256(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            var digest = MessageDigest.getInstance("SHA-256");
            var buffer = new byte[1 << 16];
            for (int n; (n = in.read(buffer)) >= 0;) digest.update(buffer, 0, n);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every JDK has it
        }
    }

    /** A failure that a further attempt at the same address would not mend. */
    private static final class Refused extends IOException {
        private static final long serialVersionUID = 1;

        Refused(String message) { super(message); }
    }
}
