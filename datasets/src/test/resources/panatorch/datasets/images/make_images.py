"""Makes small images of all kinds that are read, and expected.txt: what Pillow makes of them, one a line:

    file  tolerance  width  height  upright RGB pixels  the same resized to 7 by 5 (bilinear, from a part of the image), in hexadecimal

Tolerance is the greatest difference of a pixel: lossy formats are decoded a little differently by different decoders.

    python3 make_images.py    # needs numpy and pillow
"""
import glob

import numpy as np
from PIL import Image, ImageOps

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

with open("expected.txt", "w") as f:
    for name in sorted(glob.glob("*.*")):
        if name.endswith((".py", ".txt")):
            continue
        rgb = ImageOps.exif_transpose(Image.open(name)).convert("RGB")
        w, h = rgb.size
        small = rgb.resize((7, 5), Image.BILINEAR, box=(1.5, 2, w - 3, h - 1.25))
        tolerance = 12 if name == "lossy.webp" else 3 if name.endswith(".jpg") else 0  # libwebp smooths the chroma of neighbours
        f.write(f"{name} {tolerance} {w} {h} {rgb.tobytes().hex()} {small.tobytes().hex()}\n")
