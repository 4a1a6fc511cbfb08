"""RapidOCR with its defaults: PP-OCR in ONNX Runtime, with the models that its package holds."""

from peer import serve

from importlib.metadata import version

from rapidocr import RapidOCR


def load(_settings):
    reader = RapidOCR()

    def look(data, _task):
        result = reader(data)
        return {"texts": list(result.txts or ())}

    return {"version": version("rapidocr")}, look


serve(load)
