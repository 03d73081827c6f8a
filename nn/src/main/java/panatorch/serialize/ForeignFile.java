package panatorch.serialize;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Says what a file is that is often taken for weights and is none. */
final class ForeignFile {
    private ForeignFile() {}

    private static final int MOST = 512, TAR_MARK = 257;

    /** Describes a file by its first bytes, with the next step for the user, or returns null if nothing is known of it. */
    static @Nullable String describe(FileBytes file) throws IOException {
        int length = (int) Math.min(MOST, file.size());
        String text = new String(file.slice(0, length, "the beginning").toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
        String start = text.stripLeading().toLowerCase(Locale.ROOT);
        if (length == 0) return "it is empty; the download or the copy may have failed";
        if (text.startsWith("version https://git-lfs.github.com/"))
            return "it is a Git LFS pointer, which stands for the file itself; run 'git lfs pull' in its repository to get the weights";
        if (start.startsWith("<!doctype html") || start.startsWith("<html"))
            return "it is an HTML page, as a download that needs a login or a confirmation gives; download the file itself";
        if (start.startsWith("<?xml")) return "it is an XML document, as a failed download gives; download the file itself";
        if (text.startsWith("\u001f\u008b")) return "it is compressed by gzip; unpack it first, for example with gunzip";
        if (text.startsWith("BZh") || text.startsWith("\u00fd7zXZ") || text.startsWith("(\u00b5/\u00fd"))
            return "it is compressed (bzip2, xz or zstd); unpack it first";
        if (text.startsWith("GGUF") || text.startsWith("ggml") || text.startsWith("lmgg"))
            return "it holds quantised weights of llama.cpp (GGUF), which are not read; look for the model's safetensors files";
        if (text.startsWith("\u0089HDF")) return "it is an HDF5 file, as Keras writes it; save the weights as safetensors or .npz";
        if (length > TAR_MARK + 5 && text.startsWith("ustar", TAR_MARK))
            return "it is a tar archive; unpack it, or if PyTorch before 0.1.10 wrote it, load and save it in a newer PyTorch";
        if (text.startsWith("\u0093NUMPY")) return "it is a single NumPy array (.npy), which has no names; read it by Npy.load";
        if (start.startsWith("{")) return "it is a JSON text, not weights; an index of weights has to be named ….index.json";
        if (text.startsWith("\u0008") && text.contains("pytorch")) return "it is an ONNX model, which is not read";
        return null;
    }
}
