"""Python's side of the workloads serving-*: a model in eager mode behind FastAPI and uvicorn, as many processes as processors.

    python serving.py --make NET FOLDER 0 SECONDS GENERATOR..   # exports the network, writes the requests, prints 0.7 of the greatest rate
    python serving.py NET FOLDER RATE SECONDS GENERATOR..       # the driver talks to it as side.py says

GENERATOR is the command of LoadGenerator.java. It needs fastapi, uvicorn, uvloop, httptools and orjson.
"""
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import torch
from exported import NETS, example, network

MOST = 64
CONNECTIONS = (1, 16, MOST)
WORKERS = os.cpu_count()
TYPES = {"FP32": torch.float32, "INT64": torch.int64}


def application():
    """What uvicorn runs. Images come as bytes, other inputs as the protocol's JSON."""
    import orjson
    from fastapi import FastAPI, Request, Response

    torch.set_num_threads(1)
    name = os.environ["SERVING_NET"]
    net, shape = network(name), NETS[name][1]
    app = FastAPI()

    @app.post("/infer")
    async def infer(request: Request):
        body = await request.body()
        with torch.inference_mode():
            if request.headers.get("content-type") == "application/octet-stream":
                x = torch.frombuffer(bytearray(body), dtype=torch.float32).reshape(shape)
            else:
                given = orjson.loads(body)["inputs"][0]
                x = torch.tensor(given["data"], dtype=TYPES[given["datatype"]]).reshape(given["shape"])
            y = net(x)
        outputs = [{"name": "output", "datatype": "FP32", "shape": list(y.shape), "data": y.flatten().tolist()}]
        return Response(orjson.dumps({"model_name": name, "outputs": outputs}), media_type="application/json")

    return app


class Server:
    def __init__(self, name):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "--factory", "serving:application", "--port", str(self.port), "--workers", str(WORKERS), "--log-level", "error", "--no-access-log"],
            env={**os.environ, "SERVING_NET": name, "OMP_NUM_THREADS": "1"}, cwd=Path(__file__).parent, stdout=sys.stderr)
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("uvicorn did not start")

    def processor_time(self):
        """Seconds of all worker processes, which are the parent's children."""
        ticks = 0
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:  # the process has ended
                    continue
                if int(fields[1]) == self.process.pid:
                    ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.terminate()
        self.process.wait()


def requests(name, folder):
    """The same input for both sides, as whole requests of HTTP."""
    x = example(name)
    if name == "resnet18":
        raw = x.contiguous().numpy().tobytes()
        head = json.dumps({"inputs": [{"name": "x", "shape": list(x.shape), "datatype": "FP32", "parameters": {"binary_data_size": len(raw)}}]}).encode()
        write(folder / "python.http", "/infer", "application/octet-stream", raw)
        write(folder / "java.http", f"/v2/models/{name}/infer", "application/octet-stream", head + raw, f"Inference-Header-Content-Length: {len(head)}\r\n")
        return
    kind = "INT64" if x.dtype == torch.int64 else "FP32"
    body = json.dumps({"inputs": [{"name": "x", "shape": list(x.shape), "datatype": kind, "data": x.flatten().tolist()}]}).encode()
    write(folder / "python.http", "/infer", "application/json", body)
    write(folder / "java.http", f"/v2/models/{name}/infer", "application/json", body)


def write(file, path, kind, body, more=""):
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    file.write_bytes(head.encode() + body)


def export(name, folder):
    class Named(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = network(name)

        def forward(self, x):
            return self.net(x)

    x = example(name)
    with torch.no_grad():
        program = torch.export.export(Named().eval(), (torch.cat([x, x]),), dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=1024)},))
    torch.export.save(program, folder / f"{name}.pt2")


def load(server, folder, connections, seconds, rate, generator):
    command = [*generator, str(server.port), str(folder / "python.http"), str(connections), seconds, str(rate)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def main():
    make = sys.argv[1] == "--make"
    name, folder, rate, seconds, *generator = sys.argv[2 if make else 1:]
    folder = Path(folder)
    if make:
        export(name, folder)
        requests(name, folder)
    server = Server(name)
    try:
        if make:
            load(server, folder, 16, seconds, 0, generator)
            print(0.7 / load(server, folder, 16, seconds, 0, generator)["seconds a request"], flush=True)
            return
        from side import serve

        parts = {f"{c} connection{'' if c == 1 else 's'}": c for c in CONNECTIONS}

        def check():
            request = (folder / "python.http").read_bytes()
            body = request[request.index(b"\r\n\r\n") + 4:]
            kind = "application/octet-stream" if b"octet-stream" in request[:200] else "application/json"
            connection = http.client.HTTPConnection("127.0.0.1", server.port)
            connection.request("POST", "/infer", body, {"Content-Type": kind})
            data = json.loads(connection.getresponse().read())["outputs"][0]["data"]
            total = sum(e * e * (i + 1) for i, e in enumerate(data))
            return {**{part: total for part in parts}, "processor time": total, "p99 at equal load": total}

        def run():
            figures = {}
            for part, c in parts.items():
                before = server.processor_time()
                given = load(server, folder, c, seconds, 0, generator)
                figures[part] = given["seconds a request"]
                if c == MOST:
                    figures["processor time"] = (server.processor_time() - before) / given["requests"]
            figures["p99 at equal load"] = load(server, folder, 16, seconds, rate, generator)["p99"]
            return figures

        serve(check, run)
    finally:
        server.close()


if __name__ == "__main__":
    main()
