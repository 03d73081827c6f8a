package panatorch.distributed;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/** Texts as tensors of bytes. */
final class Texts {
    private Texts() {}

    /** Returns the UTF-8 bytes of a text, cut or filled with zeros: [bytes] uint8. */
    static Tensor tensor(String text, int bytes) {
        return Torch.tensor(Arrays.copyOf(text.getBytes(UTF_8), bytes), DType.UINT8).to(Device.CPU);
    }

    /** Returns the text before the first zero. */
    static String text(Tensor tensor) {
        byte[] bytes;
        try (var arena = Arena.ofConfined()) { // memory that only the garbage collector frees would lie between that of later tensors
            bytes = tensor.data(arena).toArray(ValueLayout.JAVA_BYTE);
        }
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) length++;
        return new String(bytes, 0, length, UTF_8);
    }

    static List<String> allGather(ProcessGroup group, String text) throws InterruptedException {
        try (var scope = Scope.open()) {
            Tensor longest = Torch.tensor(new long[] {text.getBytes(UTF_8).length + 1}).to(Device.CPU);
            group.allReduce(ReduceOp.MAX, longest).await();
            int bytes = Math.toIntExact(longest.itemLong());
            Tensor all = Torch.empty(DType.UINT8, Device.CPU, group.ranks(), bytes);
            group.allGather(all, tensor(text, bytes)).await();
            var texts = new ArrayList<String>();
            for (int r = 0; r < group.ranks(); r++) texts.add(text(all.select(0, r)));
            return texts;
        }
    }
}
