"""Asks a server by Google's own client for Python, whose transport is that of C++, and prints as JSON what came back.

    python grpc_client.py PORT PROTO          # grpcio 1.84, grpcio-tools, numpy; exit status 3 and a sentence where there is none

    "live", "ready"    of the server
    "versions"         of the model "double"
    "numbers"          its answer to [[1, 2, 3]] in numbers
    "same"             datatype -> whether the bytes of an array came back as they were
    "large"            whether all 3 million elements of 12 MB were doubled
    "errors"           [status, text] of a wrong shape, an unknown model, no token, a deadline that the model "slow" does not keep, a long
                       message, and a compressed one
    "after"            answers to calls of the same connection after 200 calls whose deadline had passed or that were cancelled
    "stream"           [id, first element] or an error for each answer, in their order
"""
import importlib
import json
import sys
import tempfile
from pathlib import Path

try:
    import grpc
    import numpy as np
    from grpc_tools import protoc
except ImportError as e:
    print(e)
    sys.exit(3)

port, proto = sys.argv[1:]
stubs = tempfile.mkdtemp()
if protoc.main(["", "-I" + str(Path(proto).parent), "--python_out=" + stubs, "--grpc_python_out=" + stubs, proto]) != 0:
    sys.exit("protoc failed")
sys.path.insert(0, stubs)
pb, service = importlib.import_module("inference_pb2"), importlib.import_module("inference_pb2_grpc")
channel = grpc.insecure_channel("localhost:" + port, options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)])
server = service.GRPCInferenceServiceStub(channel)
TOKEN = [("authorization", "Bearer secret")]
TYPES = {"BOOL": bool, "INT8": "i1", "INT16": "i2", "INT32": "i4", "INT64": "i8", "UINT8": "u1", "FP16": "f2", "FP32": "f4", "FP64": "f8"}


def raw(model, array, datatype="FP32", id=""):
    request = pb.ModelInferRequest(model_name=model, id=id, raw_input_contents=[array.tobytes()])
    request.inputs.add(name="x", datatype=datatype, shape=array.shape)
    return request


def infer(request, **options):
    return server.ModelInfer(request, metadata=TOKEN, **options)


def error(call):
    try:
        call()
        return None
    except grpc.RpcError as e:
        return [e.code().name, e.details()]


numbers = pb.ModelInferRequest(model_name="double")
numbers.inputs.add(name="x", datatype="FP32", shape=[1, 3]).contents.fp32_contents.extend([1, 2, 3])
row = np.ones((1, 3), np.float32)
result = {
    "live": server.ServerLive(pb.ServerLiveRequest()).live,
    "ready": server.ServerReady(pb.ServerReadyRequest()).ready,
    "versions": list(server.ModelMetadata(pb.ModelMetadataRequest(name="double"), metadata=TOKEN).versions),
    "numbers": list(infer(numbers).outputs[0].contents.fp32_contents),
    "same": {},
}
for datatype, kind in TYPES.items():
    array = np.array([[0, 1, 100]]).astype(kind)
    result["same"][datatype] = infer(raw("same_" + datatype, array, datatype)).raw_output_contents[0] == array.tobytes()
large = np.arange(3_000_000, dtype=np.float32).reshape(-1, 3)
result["large"] = infer(raw("double", large)).raw_output_contents[0] == (2 * large).tobytes()
result["errors"] = [
    error(lambda: infer(raw("double", np.ones((1, 4), np.float32)))),
    error(lambda: infer(raw("none", row))),
    error(lambda: server.ModelInfer(raw("double", row))),
    error(lambda: infer(raw("slow", row), timeout=0.2)),
    error(lambda: infer(raw("double", np.ones((6_000_000, 3), np.float32)))),
    error(lambda: infer(raw("double", row), compression=grpc.Compression.Gzip)),
]
for i in range(100):
    error(lambda: infer(raw("double", row), timeout=0.001))
    server.ModelInfer.future(raw("double", row), metadata=TOKEN).cancel()
result["after"] = [list(infer(numbers).outputs[0].contents.fp32_contents) for _ in range(3)]
requests = [raw("double", np.full((1, width), i, np.float32), id="r%d" % i) for i, width in enumerate([3, 4, 3])]
result["stream"] = [
    answer.error_message or [answer.infer_response.id, float(np.frombuffer(answer.infer_response.raw_output_contents[0], np.float32)[0])]
    for answer in server.ModelStreamInfer(iter(requests), metadata=TOKEN)]
print(json.dumps(result))
