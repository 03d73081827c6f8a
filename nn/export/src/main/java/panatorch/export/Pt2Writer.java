package panatorch.export;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.serialize.ArchiveWriter;

/** Writes archives that {@code torch.export.load} and {@link Pt2File} read. */
final class Pt2Writer {
    private static final String ROOT = "program/", MODEL = "model";

    private Pt2Writer() {}

    /**
     * Writes a program.
     *
     * @param json the program's text
     * @param tensors its parameters, buffers and constants by their full names
     */
    static void write(Path file, byte[] json, ProgramText text, Map<String, Tensor> tensors, Map<String, byte[]> extraFiles)
            throws IOException {
        tensors.forEach((name, t) -> {
            if (t.device().type() != Device.Type.CPU)
                throw new IllegalStateException(name + " is on " + t.device() + "; move the program to the CPU to save it");
        });
        Set<String> constants = new HashSet<>();
        for (ProgramText.InputSpec i : text.inputs())
            if (i.kind() == ProgramText.InputKind.TEMPORARY_BUFFER || i.kind() == ProgramText.InputKind.CONSTANT_TENSOR)
                constants.add(i.target());
        Set<String> parameters = new HashSet<>();
        for (ProgramText.InputSpec i : text.inputs()) if (i.kind() == ProgramText.InputKind.PARAMETER) parameters.add(i.target());
        ArchiveWriter.write(file, archive -> {
            for (String kind : new String[] {"weights", "constants"}) {
                var own = new LinkedHashMap<>(tensors);
                own.keySet().removeIf(name -> constants.contains(name) != kind.equals("constants"));
                payloads(archive, ROOT + "data/" + kind + "/", kind.equals("weights") ? "weight_" : "tensor_",
                        MODEL + "_" + kind + "_config.json", own, parameters);
            }
            archive.add(ROOT + "models/" + MODEL + ".json", json);
            archive.add(ROOT + "data/sample_inputs/" + MODEL + ".pt", new byte[0]);
            for (var extra : extraFiles.entrySet()) archive.add(ROOT + "extra/" + extra.getKey(), extra.getValue());
            archive.add(ROOT + "archive_format", ascii("pt2"));
            archive.add(ROOT + "archive_version", ascii("0"));
            archive.add(ROOT + ".data/version", ascii("6\n"));
            archive.add(ROOT + "byteorder", ascii("little"));
        });
    }

    private static byte[] ascii(String text) { return text.getBytes(StandardCharsets.US_ASCII); }

    private static void payloads(ArchiveWriter archive, String folder, String prefix, String config, Map<String, Tensor> tensors,
            Set<String> parameters) throws IOException {
        var bytes = new ByteArrayOutputStream();
        var paths = new IdentityHashMap<Tensor, String>();
        try (JsonGenerator json = new JsonFactory().createGenerator(bytes); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            json.writeStartObject();
            json.writeObjectFieldStart("config");
            for (var e : tensors.entrySet()) {
                Tensor t = e.getValue();
                try (Arena arena = Arena.ofConfined(); var own = Scope.open()) {
                    Tensor written = t.detach().contiguous();
                    String path = paths.get(t);
                    if (path == null) {
                        paths.put(t, path = prefix + paths.size());
                        archive.add(folder + path, written.data(arena));
                    }
                    entry(json, e.getKey(), path, parameters.contains(e.getKey()) || t.requiresGrad(),
                            TensorMeta.of(written, 0, t.requiresGrad()));
                }
            }
            json.writeEndObject();
            json.writeEndObject();
        }
        archive.add(folder + config, bytes.toByteArray());
    }

    private static void entry(JsonGenerator json, String name, String path, boolean parameter, TensorMeta meta) throws IOException {
        json.writeObjectFieldStart(name);
        json.writeStringField("path_name", path);
        json.writeBooleanField("is_param", parameter);
        json.writeBooleanField("use_pickle", false);
        json.writeFieldName("tensor_meta");
        new GraphWriter(json, Map.of()).tensorMeta(meta);
        json.writeEndObject();
    }
}
