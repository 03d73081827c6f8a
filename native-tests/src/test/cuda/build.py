"""Makes a folder with libtorch's CUDA build and stubs of all that it needs of CUDA, so that it can be called without a GPU; StubTest runs on it.

    python build.py NATIVES CPU_NATIVES INCLUDE OUT

NATIVES: the unpacked org.bytedeco:pytorch:…:linux-x86_64-gpu. CPU_NATIVES: PanaTorch's cache folder of the build without CUDA, for OpenBLAS and the like.
INCLUDE: CUDA 13's headers, as of pip's nvidia-cuda-runtime and nvidia-cuda-crt. Needs g++ and nm.
"""
import collections
import pathlib
import re
import subprocess
import sys

natives, cpu, include, out = map(pathlib.Path, sys.argv[1:])
here = pathlib.Path(__file__).parent
out.mkdir(parents=True, exist_ok=True)


def link(source, name=None):
    target = out / (name or source.name)
    target.unlink(missing_ok=True)
    target.symlink_to(source.resolve())


def library(soname, names, *sources):
    """One that has these functions: those of the sources, and the others answering 0."""
    written = set(re.findall(r"\b(_*(?:cu|nccl)\w+)\(", "".join(s.read_text() for s in sources)))
    stubs, version = out / "stubs.c", out / "stubs.map"
    stubs.write_text("".join(f"int {n}() {{ return 0; }}\n" for n in sorted(set(names) - written)))
    version.write_text(f"{soname} {{ global: *; }};\n")
    command = ["g++", "-w", "-O1", "-fPIC", "-shared", "-std=c++20", "-fpermissive", f"-I{include}", "-o", out / soname, f"-Wl,-soname,{soname}"]
    if not soname.startswith("libnccl"):  # which has no versions of its functions
        command.append(f"-Wl,--version-script,{version}")
    else:
        command += [f"-L{out}", "-l:libcudart.so.13"]
    subprocess.run([*command, *sources, "-x", "c", "-fno-builtin", stubs], check=True)
    stubs.unlink()
    version.unlink()


for f in cpu.glob("lib*"):
    if f.name not in {"libc10.so", "libtorch.so", "libtorch_cpu.so", "libjnitorch.so"}:
        link(f)
link(cpu / "libopenblas.so.0", "libopenblas_nolapack.so.0")
for f in natives.glob("lib*.so*"):
    link(f)

needed = collections.defaultdict(set, {"libcurand.so.10": set(), "libcufile.so.0": set()})
for f in [*natives.glob("lib*cuda*.so"), *natives.glob("lib*nccl*.so")]:
    for line in subprocess.run(["nm", "-D", "--undefined-only", f], capture_output=True, text=True, check=True).stdout.splitlines():
        name, _, owner = line.split()[-1].partition("@")
        if re.match(r"lib(cu|nv)", owner):
            needed[owner].add(name)
        elif re.match(r"p?nccl", name):
            needed["libnccl.so.2"].add(name)
written = {"libcudart.so.13": [here / "runtime.cpp"], "libnccl.so.2": [here / "nccl.cpp"]}
for soname, names in sorted(needed.items()):  # the runtime before NCCL, which uses it
    library(soname, names, *written.get(soname, []))
library("libcuda.so.1", [], here / "driver.cpp")
