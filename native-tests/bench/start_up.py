"""Python's side of start-up: how long it takes until a program that imports torch has printed a result."""
import pathlib
import subprocess
import sys
import time

import side

PROGRAM = [sys.executable, str(pathlib.Path(__file__).with_name("first_result.py"))]
PARTS = "plain", "archive"  # Python has one way to start, which is compared with both of Java's


def start():
    began = time.perf_counter()
    with subprocess.Popen(PROGRAM, stdout=subprocess.PIPE, text=True) as process:
        result = float(process.stdout.readline())
        return result, time.perf_counter() - began


side.serve(lambda: {part: start()[0] for part in PARTS}, lambda: {part: start()[1] for part in PARTS})
