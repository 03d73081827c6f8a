"""Python's side of the workloads of several processes: rank_work.py, started anew for each run.

    python distributed.py WORK RANKS…   # the driver talks to it as side.py says
"""
import pathlib
import subprocess
import sys
import tempfile

from side import serve

PROGRAM = str(pathlib.Path(__file__).with_name("rank_work.py"))


def of_processes(work, ranks):
    with tempfile.TemporaryDirectory() as folder:
        commands = [[sys.executable, PROGRAM, work, str(r), str(ranks), folder + "/store"] for r in range(ranks)]
        others = [subprocess.Popen(c) for c in commands[1:]]
        line = subprocess.run(commands[0], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[0]
        for process in others:
            process.wait()
    found = {}
    for part in line.split(" "):
        name, values = part.split("=")
        found[name] = [float(v) for v in values.split(",")]
    return found


def of_all(column):
    work, *ranks = sys.argv[1:]
    found = {}
    for n in ranks:
        for part, values in of_processes(work, int(n)).items():
            found[f"{part} of {n}" if len(ranks) > 1 else part] = values[column]
    return found


if __name__ == "__main__":
    serve(lambda: of_all(0), lambda: of_all(1))
