"""Makes small images of all kinds that are read, and expected.txt: what Pillow makes of them, one a line:

    file  width  height  upright RGB pixels  the same resized to 7 by 5 (bilinear, from a part of the image), in hexadecimal

Files that Pillow reads but does not write are put together here.

    python3 make_images.py    # needs numpy and pillow
"""
import glob
import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms, ImageOps

W, H = 23, 17
y, x = np.mgrid[:H, :W]
smooth = np.stack([10 * x + 5, 14 * y + 9, 255 - 4 * (x + y)], 2).astype(np.uint8)
noise = np.random.default_rng(0).integers(0, 256, (H, W, 3), np.uint8)
image, rough = Image.fromarray(smooth), Image.fromarray(noise)


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


image.save("rgb.jpg", quality=90)
image.save("full.jpg", quality=95, subsampling=0)
image.save("progressive.jpg", quality=90, progressive=True)
image.convert("L").save("grey.jpg", quality=90)
image.convert("CMYK").save("cmyk.jpg", quality=95)
for o in range(2, 9):
    image.save(f"turned{o}.jpg", quality=95, subsampling=0, exif=exif(o))
rough.save("rgb.png")
rough.convert("L").save("grey.png")
rough.convert("1").save("one_bit.png")
rough.quantize(16).save("palette.png", bits=4)
with_alpha = rough.convert("RGBA")
with_alpha.putalpha(Image.fromarray(noise[:, :, 0]))
with_alpha.save("alpha.png")
with_alpha.convert("LA").save("grey_alpha.png")
rough.save("rgb.bmp")
rough.quantize(16).save("palette.bmp")
rough.quantize(64).save("palette.gif")
rough.save("lossless.webp", lossless=True)
with_alpha.save("alpha.webp", lossless=True, exact=True)
image.save("lossy.webp", quality=90)

XMP = b'<x:xmpmeta><rdf:Description tiff:Orientation="8"/></x:xmpmeta>'
LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
image.save("halved.jpg", quality=85, subsampling="4:2:2", restart_marker_blocks=2)
image.save("profile.jpg", quality=95, icc_profile=LAB)
image.save("xmp.jpg", quality=95, xmp=XMP)
image.save("direct.jpg", quality=95, keep_rgb=True)
image.convert("CMYK").save("progressive_cmyk.jpg", quality=90, progressive=True)
image.save("fine.webp", quality=100, method=6)
image.save("coarse.webp", quality=0, method=0)
image.save("turned.webp", quality=80, exif=exif(6).tobytes())
rough.save("xmp.webp", lossless=True, xmp=XMP, icc_profile=LAB)
with_alpha.save("alpha_lossy.webp", quality=60, exact=True)
rough.quantize(5).save("few.webp", lossless=True)
image.save("film.webp", save_all=True, append_images=[image.transpose(Image.Transpose.ROTATE_180)], duration=100)
rough.save("turned.png", exif=exif(5), icc_profile=LAB)
Image.fromarray(noise[:, :, 0].astype(np.uint16) * 4).save("grey16.png")
rough.quantize(16).save("interlaced.gif", interlace=True)

for kind, mode, options in [("raw", "RGB", {}), ("lzw", "RGB", {"tiffinfo": {317: 2}}), ("adobe_deflate", "L", {"tiffinfo": {317: 2}}), ("packbits", "RGBA", {}),
                            ("jpeg", "RGB", {"quality": 90}), ("jpeg", "YCbCr", {"quality": 90}), ("raw", "CMYK", {}), ("lzw", "P", {}), ("raw", "I;16", {}),
                            ("raw", "F", {}), ("group3", "1", {}), ("group4", "1", {}), ("ccitt", "1", {}), ("lzw", "RGB", {"big_tiff": True, "exif": exif(3)})]:
    source = image if kind == "jpeg" else rough
    im = Image.fromarray(noise[:, :, 0].astype(np.uint16) * 3) if mode == "I;16" else source.convert("L").convert(mode) if mode == "F" else source.quantize(9) if mode == "P" else source.convert(mode)
    name = f"{kind}_{mode.replace(';', '')}{'_big' if 'big_tiff' in options else ''}.tif"
    im.save(name, compression="raw" if kind == "raw" else "tiff_" + kind if kind in ("lzw", "adobe_deflate", "ccitt") else kind, **options)
rough.save("rgb.ppm")
rough.convert("L").save("grey.pgm")
rough.convert("1").save("bits.pbm")


def write(name, *parts):
    with open(name, "wb") as f:
        f.write(b"".join(parts))


def text(kind, most, values):
    return f"{kind} # text\n{W} {H}\n{most}\n".encode(), "\n".join(map(str, values)).encode(), b"\n"


write("text.ppm", *text("P3", 100, (noise % 101).ravel()))
write("deep.pgm", f"P5 {W} {H} 1023\n".encode(), (noise[:, :, 0] % 200).astype(">u2").tobytes())

# a GIF whose first picture lies inside of its screen
file = io.BytesIO()
rough.quantize(16).save(file, "gif")
data = bytearray(file.getvalue())
at = data.index(b",", 13 + (3 << (data[10] & 7) + 1))
data[6:10] = struct.pack("<HH", W + 6, H + 5)
data[at + 1:at + 5] = struct.pack("<HH", 4, 2)
write("screen.gif", data)

# an interlaced PNG of 16 bits, with all filters
rows = b""
for x0, y0, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
    for j, line in enumerate(noise[y0::dy, x0::dx, :]):
        rows += bytes([j % 5]) + line.astype(">u2").tobytes()[::-1]


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


write("interlaced16.png", b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, 16, 2, 0, 0, 1)), chunk(b"IDAT", zlib.compress(rows)),
      chunk(b"eXIf", exif(8).tobytes()[6:]), chunk(b"IEND", b""))

# bitmaps with run lengths and with 16 bits
palette = noise.tobytes()[:64]
runs = b"".join(bytes([19, 0x5A, 0, 4, 0x12, 0x30, 0, 0]) for _ in range(H)) + b"\0\1"
write("runs.bmp", b"BM", struct.pack("<IHHI", 118 + len(runs), 0, 0, 118), struct.pack("<IiiHHIIiiII", 40, W, H, 1, 4, 2, len(runs), 0, 0, 0, 0), palette, runs)
fields = noise.tobytes()[:(2 * W + 2) * H]
write("fields.bmp", b"BM", struct.pack("<IHHI", 66 + len(fields), 0, 0, 66), struct.pack("<IiiHHIIiiII", 40, W, -H, 1, 16, 3, len(fields), 0, 0, 0, 0),
      struct.pack("<3I", 0xF800, 0x7E0, 0x1F), fields)

with open("expected.txt", "w") as f:
    for name in sorted(glob.glob("*.*")):
        if name.endswith((".py", ".txt")):
            continue
        rgb = ImageOps.exif_transpose(Image.open(name)).convert("RGB")
        w, h = rgb.size
        small = rgb.resize((7, 5), Image.BILINEAR, box=(1.5, 2, w - 3, h - 1.25))
        f.write(f"{name} {w} {h} {rgb.tobytes().hex()} {small.tobytes().hex()}\n")
