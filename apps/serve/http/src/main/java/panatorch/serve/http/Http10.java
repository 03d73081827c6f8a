package panatorch.serve.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.Router;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;

/**
 * Answers HTTP/1.0, which old clients, health checks and some proxies speak, and which Helidon does not know: the request becomes one of
 * HTTP/1.1 that closes its connection.
 */
final class Http10 implements ServerConnectionSelector {
    private static final String VERSION = " HTTP/1.0\r";
    /** The begin of what HTTP/2 begins with. */
    private static final String PREFACE = "PRI";

    private final ServerConnectionSelector http1;
    private final int maxLine, maxHead;

    Http10(Http1Config http1) {
        this.http1 = Http1ConnectionSelector.builder().config(http1).build();
        maxHead = http1.maxPrologueLength() + http1.maxHeadersSize();
        maxLine = http1.maxPrologueLength();
    }

    @Override public int bytesToIdentifyConnection() {
        return 0; // the length of the first line is not known
    }

    @Override public Support supports(BufferData begin) {
        int end = begin.indexOf((byte) '\n');
        if (end >= 0) return begin.readString(end).endsWith(VERSION) ? Support.SUPPORTED : Support.UNSUPPORTED;
        // Helidon takes a line that is not all there for one of HTTP/1.1. This selector is asked first, and can tell it later.
        boolean other = begin.available() > maxLine || PREFACE.startsWith(begin.readString(Math.min(3, begin.available())));
        return other ? Support.UNSUPPORTED : Support.SUPPORTED;
    }

    @Override public Set<String> supportedApplicationProtocols() { return Set.of(); }

    @Override public ServerConnection connection(ConnectionContext connection) {
        return http1.connection(new Translated(connection, DataReader.create(new Translation(connection.dataReader(), maxHead))));
    }

    /** Reads the head of the first request as one of HTTP/1.1, and everything else as it is. */
    private static final class Translation implements Supplier<byte[]> {
        private final DataReader from;
        private final int maxHead;
        private boolean begun;

        Translation(DataReader from, int maxHead) {
            this.from = from;
            this.maxHead = maxHead;
        }

        @Override public byte[] get() {
            if (begun) return from.readBuffer().readBytes();
            begun = true;
            String first = line(maxHead);
            if (!(first + "\r").endsWith(VERSION)) return (first + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
            var head = new StringBuilder().append(first, 0, first.length() - 1).append("1\r\n");
            boolean named = false;
            for (String header = line(maxHead); !header.isEmpty(); header = line(maxHead - head.length())) {
                if (begins(header, "Connection:")) continue;
                named |= begins(header, "Host:");
                head.append(header).append("\r\n");
            }
            if (!named) head.append("Host: localhost\r\n"); // HTTP/1.1 has to have one
            return head.append("Connection: close\r\n\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        }

        private String line(int max) {
            int length = max > 0 ? from.findNewLine(max) : max;
            if (length >= max) throw new CloseConnectionException("the head of a request of HTTP/1.0 is too long");
            String line = from.readAsciiString(length);
            from.skip(2);
            return line;
        }

        private static boolean begins(String header, String name) {
            return header.regionMatches(true, 0, name, 0, name.length());
        }
    }

    /** A connection with another reader. */
    private record Translated(ConnectionContext connection, DataReader dataReader) implements ConnectionContext {
        @Override public ListenerContext listenerContext() { return connection.listenerContext(); }

        @Override public ExecutorService executor() { return connection.executor(); }

        @Override public DataWriter dataWriter() { return connection.dataWriter(); }

        @Override public Router router() { return connection.router(); }

        @Override public HelidonSocket serverSocket() { return connection.serverSocket(); }

        @Override public PeerInfo remotePeer() { return connection.remotePeer(); }

        @Override public PeerInfo localPeer() { return connection.localPeer(); }

        @Override public boolean isSecure() { return connection.isSecure(); }

        @Override public String socketId() { return connection.socketId(); }

        @Override public String childSocketId() { return connection.childSocketId(); }
    }
}
