"""Makes svhn.mat: 5 random images in the layout of SVHN's train_32x32.mat, and svhn.txt: their digits and the sha256 of their pixels [C, H, W].

    python3 make_svhn.py    # needs numpy and scipy
"""
import hashlib

import numpy as np
import scipy.io

rng = np.random.default_rng(0)
images = (rng.integers(0, 256, (5, 3, 4, 4)).repeat(8, 2).repeat(8, 3)).astype(np.uint8)  # squares of 8 pixels, which compress
images[:, :, 0, 31] = 255 - images[:, :, 0, 31]  # one corner of its own tells rows from columns
digits = np.array([1, 10, 9, 2, 10], np.uint8)
scipy.io.savemat("svhn.mat", {"X": images.transpose(2, 3, 1, 0), "y": digits.reshape(-1, 1)}, do_compression=True)
with open("svhn.txt", "w") as f:
    for digit, image in zip(digits % 10, images):
        f.write(f"{digit} {hashlib.sha256(image.tobytes()).hexdigest()}\n")
