package panatorch.distributed.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.DType;

/** A tensor as the index of a checkpoint describes it. */
record SavedTensor(DType dtype, List<Long> shape, List<Part> pieces) {
    /** A piece: where it lies in the tensor, and its name and checksum in a file. */
    record Part(Region region, String file, String key, long crc32c) {}

    /** Returns what the JSON object describes, or null if it is damaged. */
    static @Nullable SavedTensor of(JsonNode json) {
        DType dtype = null;
        for (DType d : DType.values()) if (d.name().equals(json.path("dtype").asText())) dtype = d;
        List<Long> shape = numbers(json.path("shape"));
        if (dtype == null || shape == null || !json.path("pieces").isArray()) return null;
        var pieces = new ArrayList<Part>();
        for (JsonNode p : json.get("pieces")) {
            List<Long> offsets = numbers(p.path("offsets")), part = numbers(p.path("shape"));
            String file = p.path("file").asText();
            if (offsets == null || part == null || file.isEmpty() || file.contains("/") || file.contains("\\") || file.equals("..")
                    || !p.path("key").isTextual() || !p.path("crc32c").isIntegralNumber())
                return null;
            var region = new Region(offsets, part);
            if (!region.isIn(shape)) return null;
            pieces.add(new Part(region, file, p.get("key").asText(), p.get("crc32c").asLong()));
        }
        return new SavedTensor(dtype, shape, pieces);
    }

    private static @Nullable List<Long> numbers(JsonNode array) {
        if (!array.isArray()) return null;
        var all = new ArrayList<Long>();
        for (JsonNode n : array) {
            if (!n.isIntegralNumber() || !n.canConvertToLong() || n.longValue() < 0) return null;
            all.add(n.longValue());
        }
        return all;
    }

    /** Returns whether the pieces have each element once. */
    boolean isWhole() {
        long sum = 0;
        for (int i = 0; i < pieces.size(); i++) {
            sum += pieces.get(i).region.numel();
            for (int k = 0; k < i; k++) if (pieces.get(k).region.overlaps(pieces.get(i).region)) return false;
        }
        return sum == Region.whole(shape).numel();
    }
}
