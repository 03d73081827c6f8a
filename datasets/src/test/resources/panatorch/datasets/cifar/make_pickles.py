"""Two images as CIFAR-100's binary version has them (images.bin), and the same as pickles, in the ways that Python and numpy write these.

    python make_pickles.py          # beside this file; with numpy

2py2: as Python 2's cPickle did, whose 8-bit strings Python 3 no longer writes: the published files are such.
N: protocol N of today's Python, with keys of text; N-bytes: with keys of bytes, as pickle.load(…, encoding='bytes') gives them.
fortran: an array whose first dimension is its fastest. Also the hostile ones, of what must not be run.
"""
import io
import pathlib
import pickle
import struct

import numpy as np

here = pathlib.Path(__file__).parent


class Python2(pickle._Pickler):
    """Texts and bytes are 8-bit strings, and numpy's modules bear their names of old."""

    def save_string(self, value):
        value = value.encode("latin1") if isinstance(value, str) else value
        self.write(b"U" + bytes([len(value)]) if len(value) < 256 else b"T" + struct.pack("<i", len(value)))
        self.write(value)
        self.memoize(value)

    dispatch = dict(pickle._Pickler.dispatch)
    dispatch[str] = dispatch[bytes] = save_string


def python2(value):
    out = io.BytesIO()
    Python2(out, 2).dump(value)
    return out.getvalue().replace(b"cnumpy._core.", b"cnumpy.core.")


def write(name, data):
    (here / (name + ".pickle")).write_bytes(data)


draw = np.random.default_rng(0)
images = (draw.integers(0, 4, (2, 3072)) * 85).astype(np.uint8)
images[0, :256] = np.arange(256)
coarse, fine = [0, 19], [99, 42]
(here / "images.bin").write_bytes(b"".join(bytes([c, f]) + i.tobytes() for c, f, i in zip(coarse, fine, images)))

batch = {"data": images, "fine_labels": fine, "coarse_labels": coarse, "filenames": ["a.png", "b.png"], "batch_label": "training batch 1 of 1"}
as_bytes = {k.encode(): [f.encode() for f in v] if k == "filenames" else v for k, v in batch.items()}

write("2py2", python2(batch))
for protocol in 2, 3, 4, 5:
    write(str(protocol), pickle.dumps(batch, protocol))
    write(f"{protocol}-bytes", pickle.dumps(as_bytes, protocol))
write("fortran", pickle.dumps({**batch, "data": np.asfortranarray(images)}, 4))
for name in "2py2", "2", "5-bytes", "fortran":
    for encoding in "latin1", "bytes":
        loaded = {k.decode() if isinstance(k, bytes) else k: v for k, v in pickle.loads((here / (name + ".pickle")).read_bytes(), encoding=encoding).items()}
        assert (loaded["data"] == images).all() and loaded["fine_labels"] == fine

write("meta", python2({"label_names": ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"], "num_cases_per_batch": 10000, "num_vis": 3072}))


class Runs:
    def __reduce__(self):
        return eval, ("1",)


write("hostile", pickle.dumps({**batch, "data": Runs()}, 4))
write("objects", pickle.dumps({**batch, "data": np.array([None] * 2)}, 4))
write("floats", pickle.dumps({**batch, "data": np.zeros((2, 3), np.float32)}, 4))
write("rows", pickle.dumps({**batch, "data": images[:1]}, 4))
write("labels", pickle.dumps({**batch, "fine_labels": [1, 100]}, 4))
write("few-labels", pickle.dumps({**batch, "fine_labels": [1]}, 4))
write("no-labels", pickle.dumps({"data": images}, 4))
