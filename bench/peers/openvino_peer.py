"""YOLO in OpenVINO, as whoever knows it well would use it: pixels go in as bytes, and OpenCV suppresses the boxes."""

from peer import serve

import ast
import os
import re

# NNCF sends nothing.
os.environ["NNCF_CI"] = "1"

import cv2
import numpy
import openvino
from openvino.preprocess import ColorFormat, PrePostProcessor

# What a network in 8 bits computes its other layers with: bfloat16 is no faster there, and rounds coordinates.
HINTS = {"float32": "f32", "bfloat16": "bf16", "8 bits": "f32"}
GREY = (114, 114, 114)
MOST_DETECTIONS = 300


def load(settings):
    core = openvino.Core()
    precision = settings["precision"]
    if precision == "bfloat16" and "BF16" not in core.get_property(
        "CPU", "OPTIMIZATION_CAPABILITIES"
    ):
        return {"unavailable": "this processor does not compute with bfloat16"}, None
    model = core.read_model(settings["model"])
    if model.input(0).partial_shape.is_dynamic:
        model.reshape([1, 3, 640, 640])
    _, _, height, width = model.input(0).shape
    names = ast.literal_eval(model.get_rt_info(["framework", "names"]).value)
    if list(model.output(0).shape)[:2] != [1, 4 + len(names)] or len(model.outputs) > 1:
        raise ValueError("its outputs are not those of YOLOv8")
    if precision == "8 bits":
        model = quantize(model, settings["calibration"], (width, height))
    compiled = core.compile_model(
        taking_bytes(model),
        "CPU",
        {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": settings["threads"],
            "INFERENCE_PRECISION_HINT": HINTS[precision],
        },
    )
    request = compiled.create_infer_request()

    def look(data, task):
        image = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_COLOR)
        pixels, place = letterbox(image, (width, height))
        [output] = request.infer(pixels[None], share_inputs=True, share_outputs=True).values()
        detections = suppress(output[0], place, task["confidence"], settings["iou"])
        return {"size": [image.shape[1], image.shape[0]], "detections": detections}

    return {
        "version": openvino.get_version().split("-")[0],
        "labels": [names[index] for index in range(len(names))],
    }, look


def taking_bytes(model):
    """The model with an input of BGR bytes, as OpenCV decodes them, in place of shares of 1."""
    steps = PrePostProcessor(model)
    tensor = steps.input().tensor()
    tensor.set_element_type(openvino.Type.u8)
    tensor.set_layout(openvino.Layout("NHWC"))
    tensor.set_color_format(ColorFormat.BGR)
    steps.input().model().set_layout(openvino.Layout("NCHW"))
    steps.input().preprocess().convert_color(ColorFormat.RGB).convert_element_type(
        openvino.Type.f32
    ).scale(255)
    return steps.build()


def quantize(model, paths, size):
    """The model in 8 bits, but for what Ultralytics, too, leaves as it is for OpenVINO: sigmoids, and the head's end."""
    import nncf

    def load_image(path):
        pixels, _ = letterbox(cv2.imread(path), size)
        return pixels[None, :, :, ::-1].transpose(0, 3, 1, 2).astype(numpy.float32) / 255

    operations = model.get_ordered_ops()
    sigmoids = [each.get_friendly_name() for each in operations if each.get_type_name() == "Sigmoid"]
    head = re.escape(sigmoids[-1].rsplit("/", 1)[0])
    end = re.compile(rf"{head}/(dfl/.*|[^/]+)")
    names = [name for name in (each.get_friendly_name() for each in operations) if end.fullmatch(name)]
    return nncf.quantize(
        model,
        nncf.Dataset(paths, load_image),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(paths),
        ignored_scope=nncf.IgnoredScope(names=[*names, *sigmoids[:-1]], validate=False),
    )


def letterbox(image, size):
    """The image fitted into the input, and where it lies there: its scale, left and top."""
    height, width = image.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    fitted = round(width * scale), round(height * scale)
    if fitted != (width, height):
        image = cv2.resize(image, fitted, interpolation=cv2.INTER_LINEAR)
    left, top = (size[0] - fitted[0]) // 2, (size[1] - fitted[1]) // 2
    right, bottom = size[0] - fitted[0] - left, size[1] - fitted[1] - top
    pixels = cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_CONSTANT, value=GREY)
    return pixels, (scale, left, top)


def suppress(output, place, confidence, iou):
    """Detections as class, confidence, left, top, width and height, of an output of centres, sizes and scores."""
    scale, left, top = place
    scores = output[4:].max(axis=0)
    kept = scores > confidence
    scores, candidates = scores[kept], output[:, kept].T
    classes = candidates[:, 4:].argmax(axis=1)
    boxes = candidates[:, :4].copy()
    boxes[:, :2] -= boxes[:, 2:] / 2 + (left, top)
    boxes /= scale
    chosen = cv2.dnn.NMSBoxesBatched(boxes, scores, classes, confidence, iou)
    return [
        [int(classes[index]), float(scores[index]), *boxes[index].tolist()]
        for index in chosen[:MOST_DETECTIONS]
    ]


serve(load)
