package panatorch.distributed.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/** Checksums of the bytes of tensors. */
final class Bytes {
    private static final long MOST_AT_ONCE = 1 << 30; // a ByteBuffer holds less than 2 GB

    private Bytes() {}

    static long checksum(Tensor t) {
        var sum = new CRC32C();
        try (var scope = Scope.open(); var off = NoGrad.enter(); var arena = Arena.ofConfined()) {
            if (t.numel() == 0) return sum.getValue();
            MemorySegment all = t.detach().to(Device.CPU).resolveConj().resolveNeg().contiguous().data(arena);
            for (long at = 0; at < all.byteSize(); at += MOST_AT_ONCE)
                sum.update(all.asSlice(at, Math.min(MOST_AT_ONCE, all.byteSize() - at)).asByteBuffer());
        }
        return sum.getValue();
    }
}
