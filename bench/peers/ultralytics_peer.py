"""Ultralytics' own `predict` on an ONNX file, as its documentation shows it."""

from peer import serve

import os
import sys

# It neither installs packages nor sends anything by itself.
os.environ.update(YOLO_AUTOINSTALL="false", YOLO_OFFLINE="true", YOLO_CONFIG_DIR=sys.prefix)

import cv2
import numpy
import ultralytics


def load(settings):
    model = ultralytics.YOLO(settings["model"], task="detect")

    def look(data, task):
        image = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_COLOR)
        [result] = model.predict(
            image, conf=task["confidence"], iou=settings["iou"], device="cpu", verbose=False
        )
        boxes = result.boxes
        height, width = result.orig_shape
        return {
            "size": [width, height],
            "detections": [
                [int(kind), score, left, top, right - left, bottom - top]
                for kind, score, (left, top, right, bottom) in zip(
                    boxes.cls.tolist(), boxes.conf.tolist(), boxes.xyxy.tolist()
                )
            ],
        }

    names = model.names
    return {
        "version": ultralytics.__version__,
        "labels": [names[index] for index in range(len(names))],
    }, look


serve(load)
