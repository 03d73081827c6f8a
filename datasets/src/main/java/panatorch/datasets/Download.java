package panatorch.datasets;

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

/** Downloads files of known size and checksum. Connections may break, and servers may send wrong content. */
final class Download {
    private static final int OK = 200, PARTIAL = 206, TIMEOUT = 408, NOT_SATISFIABLE = 416, TOO_MANY = 429;

    private final PublicData.Progress progress;
    private final int attempts;
    private final Duration silence, pause;

    Download(PublicData.Progress progress) { this(progress, 5, Duration.ofSeconds(30), Duration.ofSeconds(1)); }

    /**
     * Makes a downloader with its own limits.
     *
     * @param attempts number of attempts in a row without a new byte after which an address is given up
     * @param silence time without data after which a connection is given up
     * @param pause time before the next attempt
     */
    Download(PublicData.Progress progress, int attempts, Duration silence, Duration pause) {
        this.progress = progress;
        this.attempts = attempts;
        this.silence = silence;
        this.pause = pause;
    }

    /** Downloads a dataset's files to the folder {@code name} of {@code data}, or an archive to {@code data}, which is unpacked there. */
    Path fetch(List<RemoteFile> files, Path data, String name) {
        Path folder = data.resolve(name);
        for (RemoteFile file : files) {
            if (file.isArchive() && Files.isDirectory(folder)) continue; // a folder of this name is complete: unpacking renames at its end
            Path into = file.isArchive() ? data : folder;
            try {
                Files.createDirectories(into);
                Path loaded = fetch(file, into);
                if (file.isArchive()) TarGz.unpack(loaded, name, data);
            } catch (IOException e) {
                throw new DatasetException(file.name() + " could not be downloaded (" + reason(e) + "); download "
                        + file.addresses().getFirst() + " by hand, put it into " + into.toAbsolutePath().normalize() + " and try again", e);
            }
        }
        return folder;
    }

    private static String reason(IOException e) {
        return e.getClass() == IOException.class && e.getMessage() != null ? e.getMessage()
                : e.getClass().getSimpleName() + (e.getMessage() == null ? "" : ": " + e.getMessage());
    }

    private Path fetch(RemoteFile file, Path folder) throws IOException {
        Path target = folder.resolve(file.name()), part = folder.resolve(file.name() + ".part");
        if (Files.exists(target)) {
            if (Files.size(target) == file.size() && sha256(target).equals(file.sha256())) return target;
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
    private void load(RemoteFile file, FileChannel part, Path path) throws IOException {
        IOException failure = null;
        for (URI address : file.addresses()) {
            try {
                load(file, address, part);
                String found = sha256(path);
                if (found.equals(file.sha256())) return;
                part.truncate(0);
                throw new IOException(address + " sent other content: its SHA-256 is " + found + ", not " + file.sha256());
            } catch (IOException e) {
                if (failure == null) failure = e;
                else failure.addSuppressed(e);
            }
        }
        throw failure != null ? failure : new IOException("the file has no address");
    }

    private void load(RemoteFile file, URI address, FileChannel part) throws IOException {
        if (part.size() > file.size()) part.truncate(0);
        long most = part.size();
        for (int failed = 0; part.size() < file.size();) {
            try {
                request(file, address, part);
                if (part.size() < file.size())
                    throw new EOFException("the connection ended after " + part.size() + " of " + file.size() + " bytes");
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

    /** Requests the missing bytes and appends those that the server sends. */
    private void request(RemoteFile file, URI address, FileChannel part) throws IOException {
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
            if (!continues && length >= 0 && length != file.size())
                throw new Refused(address + " has " + length + " bytes, not " + file.size());
            if (!continues) part.truncate(0);
            try (InputStream in = connection.getInputStream()) {
                append(in, file, address, part);
            }
        } finally {
            connection.disconnect();
        }
    }

    private void append(InputStream in, RemoteFile file, URI address, FileChannel part) throws IOException {
        var buffer = new byte[1 << 16];
        long at = part.size();
        for (int n; (n = in.read(buffer)) >= 0;) {
            if (at + n > file.size()) {
                part.truncate(0);
                throw new Refused(address + " sends more than " + file.size() + " bytes");
            }
            for (ByteBuffer rest = ByteBuffer.wrap(buffer, 0, n); rest.hasRemaining();) at += part.write(rest, at);
            progress.at(file.name(), at, file.size());
        }
    }

    static String sha256(Path file) throws IOException {
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
