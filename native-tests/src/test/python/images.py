"""Writes random images of all kinds that are read, and what Pillow makes of each: the upright RGB pixels.

    python images.py FOLDER SEED COUNT     # needs numpy and pillow

The folder then has COUNT files and expected.txt, a line each: the file, its width and height. The pixels are in FILE.rgb. What Pillow does not
write or read is left out.
"""
import io
import random
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

folder, seed, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
rng = random.Random(seed)
numbers = np.random.default_rng(seed)


def picture(w, h):
    """Gradients, noise, one colour or blocks, in RGB."""
    y, x = np.mgrid[:h, :w]
    kind = rng.randrange(5)
    if kind == 0:
        return numbers.integers(0, 256, (h, w, 3)).astype(np.uint8)
    if kind == 1:
        return np.full((h, w, 3), [rng.randrange(256) for _ in range(3)], np.uint8)
    waves = [np.sin(x / rng.uniform(1, 20) + y / rng.uniform(1, 20) + rng.uniform(0, 6)) for _ in range(3)]
    smooth = np.stack(waves, 2) * rng.uniform(10, 127) + 128
    if kind == 2:
        smooth = smooth + numbers.normal(0, rng.uniform(1, 30), (h, w, 3))
    if kind == 3:
        smooth = np.round(smooth / 64) * 64
    return np.clip(smooth, 0, 255).astype(np.uint8)


def size():
    limit = rng.choice([4, 9, 18, 40, 70, 150])
    return rng.randint(1, limit), rng.randint(1, limit)


def metadata(exif_key="exif"):
    """Orientation as EXIF, XMP, both or none."""
    options, kind = {}, rng.randrange(5)
    if kind in (1, 2):
        tags = Image.Exif()
        tags[0x0112] = rng.randint(1, 8)
        options[exif_key] = tags if exif_key == "exif" else tags.tobytes()
    if kind in (2, 3):
        quoted = rng.random() < 0.5
        o = rng.randint(1, 8)
        options["xmp"] = (f'<x:xmpmeta><rdf:Description tiff:Orientation="{o}"/></x:xmpmeta>' if quoted else f"<x><tiff:Orientation>{o}</tiff:Orientation></x>").encode()
    return options


def profile(options):
    if rng.random() < 0.3:
        options["icc_profile"] = ImageCms.ImageCmsProfile(ImageCms.createProfile(rng.choice(["sRGB", "LAB"]))).tobytes()
    return options


def jpeg(image):
    options = profile(metadata())
    mode = rng.choice(["RGB"] * 5 + ["L", "CMYK", "YCbCr"])
    options |= {"quality": rng.choice([1, 10, 30, 50, 75, 90, 95, 100]), "progressive": rng.random() < 0.4, "optimize": rng.random() < 0.5}
    if mode in ("RGB", "YCbCr"):
        options["subsampling"] = rng.choice([0, 1, 2, "4:4:4", "4:2:2", "4:2:0"])
        if rng.random() < 0.1:
            options["keep_rgb"] = True
    if rng.random() < 0.3:
        options["restart_marker_blocks" if rng.random() < 0.5 else "restart_marker_rows"] = rng.randint(1, 5)
    return "jpg", image.convert(mode), options


class Bits:
    """Bits of a JPEG's scan."""

    def __init__(self):
        self.value, self.count, self.out = 0, 0, bytearray()

    def put(self, value, count):
        self.value, self.count = self.value << count | value, self.count + count
        while self.count >= 8:
            octet = self.value >> self.count - 8 & 255
            self.out += bytes([octet]) + (b"\0" if octet == 255 else b"")
            self.count -= 8
        self.value &= (1 << self.count) - 1

    def flush(self):
        if self.count:
            self.put((1 << 8 - self.count) - 1, 8 - self.count)


def segments(file):
    """The segments before the scan: marker and body."""
    at = 2
    while file[at + 1] != 0xDA:
        length = struct.unpack(">H", file[at + 2:at + 4])[0]
        yield file[at + 1], file[at + 4:at + 2 + length]
        at += 2 + length


def codes_of(tables):
    codes = {}
    for table in tables:
        while table:
            symbols, code, found = table[17:17 + sum(table[1:17])], 0, {}
            place = iter(symbols)
            for length, number in enumerate(table[1:17], 1):
                for _ in range(number):
                    found[next(place)] = code, length
                    code += 1
                code <<= 1
            codes[table[0]], table = found, table[17 + len(symbols):]
    return codes


def block(bits, codes, before, table):
    """Writes random coefficients of a block."""

    def number(value, prefix, run=0):
        size = abs(value).bit_length()
        bits.put(*codes[prefix + table][run << 4 | size])
        if size:
            bits.put(value if value > 0 else value + (1 << size) - 1, size)

    first, k = rng.randint(-60, 60), 1
    number(first - before, 0)
    while k < 64 and rng.random() < 0.8:
        run = rng.choice([0, 0, 1, 2, 5, 20])
        if k + run > 63:
            break
        while run > 15:
            bits.put(*codes[16 + table][0xF0])
            run, k = run - 16, k + 16
        number(rng.choice([-9, -2, -1, 1, 3, 20]), 16, run)
        k += run + 1
    if k < 64:
        bits.put(*codes[16 + table][0])
    return first


def sampled_jpeg(image):
    """A JPEG of random coefficients with any sampling factors, meaning of the components, restart intervals and scans."""
    (w, h), count = image.size, rng.choice([1, 3, 3, 3, 4])
    while True:
        factors = [rng.choice([(1, 1), (2, 1), (1, 2), (2, 2), (4, 1), (1, 4), (4, 2)])] + [rng.choice([(1, 1), (1, 1), (2, 1), (1, 2)]) for _ in range(count - 1)]
        across, down = (max(f[i] for f in factors) for i in (0, 1))
        if sum(a * b for a, b in factors) <= 10 and not any(across % a or down % b for a, b in factors):
            break
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "jpeg", quality=80)
    parts = list(segments(file.getvalue()))
    codes = codes_of([body for marker, body in parts if marker == 0xC4])
    ids, interval, transform = rng.choice([b"\1\2\3\4", b"\0\1\2\3", b"RGBA"]), rng.choice([0, 0, 1, 2, 7]), rng.choice([None, 0, 1, 2])
    out = bytearray(b"\xff\xd8")

    def segment(marker, body):
        out.extend(bytes([255, marker]) + struct.pack(">H", len(body) + 2) + body)

    if rng.random() < 0.5 and count != 4:
        segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    if transform is not None:
        segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))
    for marker, body in parts:
        if marker in (0xDB, 0xC4):
            segment(marker, body)
    segment(0xC0, struct.pack(">BHHB", 8, h, w, count) + b"".join(bytes([ids[c], factors[c][0] << 4 | factors[c][1], min(c, 1)]) for c in range(count)))
    if interval:
        segment(0xDD, struct.pack(">H", interval))
    for scan in [range(count)] if rng.random() < 0.6 else [[c] for c in range(count)]:
        segment(0xDA, bytes([len(scan)]) + b"".join(bytes([ids[c], min(c, 1) * 17]) for c in scan) + b"\0\x3f\0")
        bits, before, units = Bits(), [0] * 4, [-(-w // (8 * across)), -(-h // (8 * down))]
        if len(scan) == 1:
            a, b = factors[scan[0]]
            units = [-(-(-(-w * a // across)) // 8), -(-(-(-h * b // down)) // 8)]
        for unit in range(units[0] * units[1]):
            if interval and unit and unit % interval == 0:
                bits.flush()
                bits.out += bytes([255, 0xD0 + (unit // interval - 1) % 8])
                before = [0] * 4
            for c in scan:
                for _ in range(factors[c][0] * factors[c][1] if len(scan) > 1 else 1):
                    before[c] = block(bits, codes, before[c], min(c, 1))
        bits.flush()
        out += bits.out
    return "jpg", bytes(out) + b"\xff\xd9", None


def png(image):
    options = profile(metadata())
    if rng.random() < 0.2 and "xmp" in options:
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", options.pop("xmp").decode(), zip=rng.random() < 0.5)
        options["pnginfo"] = text
    options.pop("xmp", None)
    mode = rng.choice(["RGB", "RGBA", "L", "LA", "P", "1", "I;16", "P2", "P4", "P1", "Pt", "Lt", "RGBt"])
    options["compress_level"] = rng.randint(0, 9)
    if mode == "RGBA":
        image = image.convert("RGBA")
        image.putalpha(Image.fromarray(picture(*image.size)[:, :, 0]))
    elif mode == "LA":
        image = image.convert("L").convert("LA")
        image.putalpha(Image.fromarray(picture(*image.size)[:, :, 0]))
    elif mode == "I;16":
        image = Image.fromarray((np.asarray(image.convert("L")).astype(np.uint16) * rng.choice([1, 2, 257])).astype(np.uint16))
    elif mode in ("P1", "P2", "P4"):
        bits = int(mode[1])
        image, options["bits"] = image.quantize(1 << bits), bits
    elif mode == "P":
        image = image.quantize(rng.choice([2, 3, 7, 100, 256]))
    elif mode == "Pt":
        image, options["transparency"] = image.quantize(50), rng.randrange(50)
    elif mode == "Lt":
        image, options["transparency"] = image.convert("L"), rng.randrange(256)
    elif mode == "RGBt":
        options["transparency"] = tuple(rng.randrange(256) for _ in range(3))
    else:
        image = image.convert(mode)
    return "png", image, options


def raw_png(image):
    """A PNG of any depth and colour, interlaced or not, with random filters, as Pillow does not write them."""
    w, h = image.size
    colour, depth = rng.choice([(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16), (6, 8), (6, 16)])
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    interlaced = rng.random() < 0.6
    bits = depth * channels
    data = b""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)] if interlaced else [(0, 0, 1, 1)]
    for x0, y0, dx, dy in passes:
        across, down = -(-(w - x0) // dx), -(-(h - y0) // dy)
        if across > 0 and down > 0:
            for _ in range(down):
                data += bytes([rng.randrange(5)]) + numbers.integers(0, 256 if rng.random() < 0.5 else 2, (across * bits + 7) // 8).astype(np.uint8).tobytes()

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, colour, 0, 0, interlaced))
    if colour == 3:
        out += chunk(b"PLTE", numbers.integers(0, 256, 3 * rng.randint(1, 1 << depth)).astype(np.uint8).tobytes())
    tags = Image.Exif()
    tags[0x0112] = rng.randint(1, 8)
    exif = chunk(b"eXIf", tags.tobytes()[6:]) if rng.random() < 0.4 else b""
    late = rng.random() < 0.5
    packed = zlib.compress(data)
    cut = rng.randint(0, len(packed))
    out += (b"" if late else exif) + chunk(b"IDAT", packed[:cut]) + chunk(b"IDAT", packed[cut:]) + (exif if late else b"") + chunk(b"IEND", b"")
    return "png", out, None


def bmp(image):
    mode = rng.choice(["RGB", "RGBA", "L", "P", "1"])
    if mode == "P":
        return "bmp", image.quantize(rng.choice([2, 5, 256])), {}
    return "bmp", image.convert(mode), {}


def raw_bmp(image):
    """A bitmap of 1 to 32 bits, with masks, run lengths, top-down or of OS/2, as Pillow does not write them."""
    w, h = image.size
    kind = rng.choice(["core", 1, 4, 8, 16, 24, 32, "565", "555", "bgra", "rle8", "rle4"])
    bits = kind if isinstance(kind, int) else {"core": 24, "565": 16, "555": 16, "bgra": 32, "rle8": 8, "rle4": 4}[kind]
    compression = {"565": 3, "555": 3, "bgra": 3, "rle8": 1, "rle4": 2}.get(kind, 0)
    palette = numbers.integers(0, 256, 4 << bits).astype(np.uint8).tobytes() if bits <= 8 else b""
    down = rng.random() < 0.3 and not kind in ("core", "rle8", "rle4")
    if kind in ("rle8", "rle4"):
        data = b""
        for _ in range(h):
            x = 0
            while x < w:
                n = min(rng.randint(1, 60), w - x)
                if rng.random() < 0.5 or n < 3 or n % 2:
                    data += bytes([n, rng.randrange(256)])
                else:
                    body = numbers.integers(0, 256, n if kind == "rle8" else n // 2).astype(np.uint8).tobytes()
                    data += bytes([0, n]) + body + bytes(len(body) % 2)
                x += n
            data += b"\0\0"
        data += b"\0\1"
    else:
        data = numbers.integers(0, 256, (w * bits + 31) // 32 * 4 * h).astype(np.uint8).tobytes()
    masks = {"565": (0xF800, 0x7E0, 0x1F), "555": (0x7C00, 0x3E0, 0x1F), "bgra": (0xFF0000, 0xFF00, 0xFF, 0xFF000000)}.get(kind, ())
    if kind == "core":
        header = struct.pack("<IHHHH", 12, w, h, 1, 24)
    elif kind == "bgra":
        header = struct.pack("<IiiHHIIiiII", 108, w, -h if down else h, 1, bits, 3, len(data), 0, 0, 0, 0) + struct.pack("<4I", *masks) + bytes(52)
    else:
        header = struct.pack("<IiiHHIIiiII", 40, w, -h if down else h, 1, bits, compression, len(data), 0, 0, 0, 0) + struct.pack(f"<{len(masks)}I", *masks)
    offset = 14 + len(header) + len(palette)
    return "bmp", b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + header + palette + data, None


def gif(image):
    options = {"interlace": rng.random() < 0.5}
    im = image.quantize(rng.choice([2, 3, 17, 256])) if rng.random() < 0.8 else image.convert("L")
    if rng.random() < 0.3:
        options["transparency"] = 1
    if rng.random() < 0.3:
        options |= {"save_all": True, "append_images": [im.transpose(Image.Transpose.ROTATE_180)], "duration": 100}
    if rng.random() < 0.5:
        file = io.BytesIO()
        im.save(file, "gif", **options)
        data = bytearray(file.getvalue())
        screen = [s + rng.randint(0, 9) for s in im.size]  # the screen is larger than the picture, which lies somewhere
        at = data.index(b",", 13 + (3 << (data[10] & 7) + 1 if data[10] & 128 else 0)) if not options.get("save_all") and "transparency" not in options else -1
        if at > 0 and data[at + 1:at + 5] == b"\0\0\0\0" and struct.unpack("<HH", data[at + 5:at + 9]) == im.size:
            data[6:10] = struct.pack("<HH", *screen)
            data[at + 1:at + 5] = struct.pack("<HH", rng.randint(0, 12), rng.randint(0, 12))
        return "gif", bytes(data), None
    return "gif", im, options


def webp(image):
    options = profile(metadata())
    if "exif" in options:
        options["exif"] = options["exif"].tobytes()
    mode = rng.choice(["RGB", "RGBA", "L"])
    image = image.convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.fromarray(picture(*image.size)[:, :, 0]))
    options |= {"lossless": rng.random() < 0.5, "quality": rng.choice([0, 5, 20, 50, 75, 95, 100]), "method": rng.randint(0, 6), "exact": rng.random() < 0.5}
    if rng.random() < 0.15:
        options |= {"save_all": True, "append_images": [image.transpose(Image.Transpose.ROTATE_180)], "duration": 100, "minimize_size": rng.random() < 0.5}
    return "webp", image, options


def tiff(image):
    options = metadata("exif")
    options.pop("xmp", None)
    mode = rng.choice(["RGB", "RGB", "RGBA", "L", "LA", "P", "1", "I;16", "I", "F", "CMYK", "YCbCr"])
    w, h = image.size
    if mode == "I;16":
        image = Image.fromarray((np.asarray(image.convert("L")).astype(np.uint16) * rng.choice([1, 2, 257])).astype(np.uint16))
    elif mode in ("I", "F"):
        image = image.convert("L").convert(mode).point(lambda v: v * 1.5 - 20)
    elif mode == "P":
        image = image.quantize(rng.choice([2, 7, 256]))
    else:
        image = image.convert(mode)
    kinds = [None, "raw", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits"]
    if mode in ("RGB", "L", "YCbCr"):
        kinds += ["jpeg"] * 2
    if mode == "YCbCr":
        kinds = ["jpeg"]
    if mode == "1":
        kinds += ["group3", "group4", "tiff_ccitt"]
    options["compression"] = rng.choice(kinds)
    if options["compression"] in ("tiff_lzw", "tiff_adobe_deflate") and mode in ("RGB", "RGBA", "L", "I;16", "LA") and rng.random() < 0.5:
        options["tiffinfo"] = {317: 2}
    if rng.random() < 0.3 and options["compression"] not in (None, "raw"):
        options.setdefault("tiffinfo", {})[278] = rng.choice([8, 16])  # rows of a strip
    if options["compression"] == "jpeg":
        options["quality"] = rng.choice([30, 75, 95])
    options["big_tiff"] = rng.random() < 0.2
    return "tif", image, options


def pnm(image):
    kind = rng.choice(["P1", "P2", "P3", "P4", "P5", "P6"])
    w, h = image.size
    most = rng.choice([255, 255, 1, 7, 100, 200, 256, 1023, 65535])
    note = rng.choice(["", "# a comment\n"])
    head = f"{kind}\n{note}{w} {h}\n" + ("" if kind in ("P1", "P4") else f"{most}\n")
    n = w * h * (3 if kind in ("P3", "P6") else 1)
    if kind == "P1":
        body = rng.choice(["", " "]).join(str(rng.randrange(2)) for _ in range(n)).encode() + b"\n"
    elif kind in ("P2", "P3"):
        body = "\n".join(str(rng.randrange(most + 1)) for _ in range(n)).encode() + b"\n"
    elif kind == "P4":
        body = numbers.integers(0, 256, (w + 7) // 8 * h).astype(np.uint8).tobytes()
    else:
        values = numbers.integers(0, most + 1, n)
        body = values.astype(">u2" if most > 255 else np.uint8).tobytes()
    return rng.choice(["ppm", "pgm", "pnm"]), head.encode() + body, None


FORMATS = {"jpeg": "JPEG", "webp": "WEBP", "tif": "TIFF", "jpg": "JPEG", "png": "PNG", "bmp": "BMP", "gif": "GIF"}
KINDS = [jpeg, jpeg, jpeg, sampled_jpeg, png, raw_png, raw_png, bmp, raw_bmp, gif, webp, webp, webp, tiff, tiff, pnm]
with open(folder / "expected.txt", "w") as index:
    written = 0
    while written < count:
        kind = KINDS[written % len(KINDS)]
        image = Image.fromarray(picture(*size()))
        ending, content, options = kind(image)
        if options is not None:
            file = io.BytesIO()
            try:
                content.save(file, FORMATS[ending], **options)
            except (OSError, ValueError, KeyError, SystemError, struct.error):
                continue
            content = file.getvalue()
        try:
            opened = Image.open(io.BytesIO(content))
            rgb = ImageOps.exif_transpose(opened).convert("RGB")
        except Exception:
            continue
        name = f"{written}-{kind.__name__}.{ending}"
        (folder / name).write_bytes(content)
        (folder / (name + ".rgb")).write_bytes(rgb.tobytes())
        index.write(f"{name} {rgb.width} {rgb.height}\n")
        written += 1
