package panatorch.serve.grpc;

import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A listening socket that accepts no connection while a limited number of them is open; further ones wait. */
final class LimitedServerChannel extends NioServerSocketChannel {
    private final int limit;
    private final AtomicInteger open = new AtomicInteger();

    LimitedServerChannel(int limit) { this.limit = limit; }

    @Override protected int doReadMessages(List<Object> accepted) throws Exception {
        if (open.get() >= limit) {
            config().setAutoRead(false);
            if (open.get() < limit) config().setAutoRead(true); // one has ended between
            return 0;
        }
        int n = super.doReadMessages(accepted);
        if (n > 0) {
            open.addAndGet(n);
            for (Object connection : accepted.subList(accepted.size() - n, accepted.size()))
                ((Channel) connection).closeFuture().addListener(_ -> ended());
        }
        return n;
    }

    private void ended() {
        open.decrementAndGet();
        if (isActive()) config().setAutoRead(true);
    }
}
