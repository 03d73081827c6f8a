"""Prints as JSON what TensorBoard reads from a folder of event files.

    python event_files.py FOLDER          # tensorboard 2.21, numpy; exit status 3 and a sentence where there is none

    "scalars"      tag -> [[step, value], ...]
    "histograms"   tag -> [[step, [min, max, num, sum, sum of squares], limits, counts], ...]
    "images"       tag -> [[step, width, height, bytes as hexadecimal digits], ...]
    "texts"        tag -> [[step, plug-in, [text, ...]], ...]
    "curves"       tag -> [[step, thresholds, [[true positives, …], …]], ...] of precision–recall curves
    "hparams"      name -> value of the session, and of the experiment: names of parameters -> kind, tags of metrics
    "graph"        [[node, operator, inputs, shapes of the results, attributes], ...], or null
    "projector"    [[name, vectors, lines of the labels, sprite's file, size of one image], ...] of projector_config.pbtxt
    "migrated"     tag -> shape of the histogram that the server makes of the first file's: [buckets, 3]
"""
import json
import logging
import sys
from pathlib import Path

try:
    from tensorboard import data_compat
    from tensorboard.backend.event_processing import event_accumulator, event_file_loader
    from google.protobuf import text_format
    from tensorboard.plugins.hparams import plugin_data_pb2 as hparams
    from tensorboard.plugins.projector import projector_plugin
    from tensorboard.util import tensor_util
except ImportError as e:
    print(e)
    sys.exit(3)


def main(folder):
    logging.disable(logging.WARNING)  # of the purge, which is meant
    everything = {k: 0 for k in event_accumulator.DEFAULT_SIZE_GUIDANCE}
    a = event_accumulator.EventAccumulator(folder, size_guidance=everything)
    a.Reload()
    tags = a.Tags()
    document = {
        "scalars": {t: [[e.step, e.value] for e in a.Scalars(t)] for t in tags["scalars"]},
        "histograms": {t: [[e.step, [h.min, h.max, h.num, h.sum, h.sum_squares], list(h.bucket_limit), list(h.bucket)] for e in a.Histograms(t) for h in [e.histogram_value]] for t in tags["histograms"]},
        "images": {t: [[e.step, e.width, e.height, e.encoded_image_string.hex()] for e in a.Images(t)] for t in tags["images"]},
        "texts": {t: [[e.step, a.SummaryMetadata(t).plugin_data.plugin_name, [s.decode() for s in tensor_util.make_ndarray(e.tensor_proto).tolist()]] for e in a.Tensors(t)] for t in tags["tensors"] if a.SummaryMetadata(t).plugin_data.plugin_name == "text"},
        "curves": {t: [[e.step, e.tensor_proto.tensor_shape.dim[1].size, tensor_util.make_ndarray(e.tensor_proto).tolist()] for e in a.Tensors(t)] for t in tags["tensors"] if a.SummaryMetadata(t).plugin_data.plugin_name == "pr_curves"},
        "hparams": {},
        "graph": None,
        "projector": projector(Path(folder)),
        "migrated": {},
    }
    for event in event_file_loader.LegacyEventFileLoader(str(min(Path(folder).glob("events.*")))).Load():
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name == "hparams":
                data = hparams.HParamsPluginData.FromString(value.metadata.plugin_data.content)
                document["hparams"].update({k: getattr(v, v.WhichOneof("kind")) for k, v in sorted(data.session_start_info.hparams.items())})
                document["hparams"].update({h.name + ":kind": h.type for h in data.experiment.hparam_infos})
                document["hparams"].update({m.name.tag + ":metric": True for m in data.experiment.metric_infos})
                document["hparams"].update({"status": data.session_end_info.status} if data.HasField("session_end_info") else {})
            if value.HasField("histo"):
                document["migrated"][value.tag] = list(tensor_util.make_ndarray(data_compat.migrate_value(value).tensor).shape)
    if tags["graph"]:
        document["graph"] = [[n.name, n.op, list(n.input), [[d.size for d in s.dim] for s in n.attr["_output_shapes"].list.shape], n.attr["attr"].s.decode()] for n in a.Graph().node]
    print(json.dumps(document))


def projector(folder):
    config = projector_plugin.ProjectorConfig()
    if (folder / "projector_config.pbtxt").exists():
        text_format.Parse((folder / "projector_config.pbtxt").read_text(), config)
    return [[e.tensor_name, projector_plugin._read_tensor_tsv_file(str(folder / e.tensor_path)).tolist(),
             (folder / e.metadata_path).read_text().splitlines() if e.metadata_path else [], e.sprite.image_path, list(e.sprite.single_image_dim)] for e in config.embeddings]


if __name__ == "__main__":
    main(sys.argv[1])
