package panatorch.datasets.internal;

import java.util.LinkedHashMap;
import java.util.Map;
import panatorch.datasets.internal.image.ByteReader;

/** Recognises some kinds of files that are not decoded, so that a message can name them. */
final class OtherFormats {
    /** Position and first characters, and the kind. */
    private static final Map<String, String> BEGINNINGS = new LinkedHashMap<>();

    static {
        BEGINNINGS.put("4ftypavif", "an AVIF image");
        BEGINNINGS.put("4ftyp", "a HEIC image or a film");
        BEGINNINGS.put("0\0\0\0\fjP  ", "a JPEG 2000 image");
        BEGINNINGS.put("0\u00ffO\u00ffQ", "a JPEG 2000 image");
        BEGINNINGS.put("0\0\0\0\fJXL ", "a JPEG XL image");
        BEGINNINGS.put("0\u00ff\n", "a JPEG XL image");
        BEGINNINGS.put("08BPS", "a Photoshop image");
        BEGINNINGS.put("0\0\0\1\0", "an icon");
        BEGINNINGS.put("0P7", "a PAM image");
        BEGINNINGS.put("0%PDF", "a PDF document");
        BEGINNINGS.put("0PK\3\4", "a ZIP archive");
        BEGINNINGS.put("0\u001f\u008b", "a gzip archive");
        BEGINNINGS.put("0version https://git-lfs", "a pointer of Git LFS, which \"git lfs pull\" replaces by the image");
        BEGINNINGS.put("0<svg", "an SVG image");
        BEGINNINGS.put("0<?xml", "an XML document");
        BEGINNINGS.put("0<!DOCTYPE", "a web page");
        BEGINNINGS.put("0<!doctype", "a web page");
        BEGINNINGS.put("0<html", "a web page");
    }

    private OtherFormats() {}

    /** Returns the end of a message, such as ", but an AVIF image"; empty if the kind is unknown. */
    static String butIs(byte[] file) {
        for (var entry : BEGINNINGS.entrySet())
            if (ByteReader.matches(file, entry.getKey().charAt(0) - '0', entry.getKey().substring(1))) return ", but " + entry.getValue();
        return "";
    }
}
