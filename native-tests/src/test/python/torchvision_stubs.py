"""Makes a folder of libraries with which a torchvision that is built for CUDA loads its operators beside a CPU build of torch.

    python torchvision_stubs.py DIR            # needs gcc and nm
    LD_LIBRARY_PATH=DIR python vision.py

It has the kernels for CPUs too, but is linked to CUDA's libraries. The folder has its own libcudart, and two libraries in place of
torch's for CUDA, whose functions end the process; CPU kernels never call them.
"""
import importlib.util
import os
import subprocess
import sys
from pathlib import Path


def main(folder):
    package = Path(importlib.util.find_spec("torchvision").submodule_search_locations[0])
    undefined = subprocess.run(["nm", "-D", "--undefined-only", package / "_C.so"], capture_output=True, text=True, check=True).stdout
    names = [line.split()[-1] for line in undefined.splitlines()]
    names = [n for n in names if "@" not in n and ("3c104cuda" in n or "2at4cuda" in n)]
    code = ["void abort(void);"]
    for i, name in enumerate(names):
        code.append(f'long s{i}[8] __asm__("{name}");' if name.endswith("9allocatorE") else f'void s{i}(void) __asm__("{name}"); void s{i}(void) {{ abort(); }}')
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stubs.c").write_text("\n".join(code) + "\n")
    for library in "libc10_cuda.so", "libtorch_cuda.so":
        subprocess.run(["gcc", "-shared", "-fPIC", f"-Wl,-soname,{library}", "-o", folder / library, folder / "stubs.c"], check=True)
    [runtime] = (package.parent / "torchvision.libs").glob("libcudart*.so*")
    link = folder / "libcudart.so.13"
    if link.is_symlink():
        os.remove(link)
    link.symlink_to(runtime)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
