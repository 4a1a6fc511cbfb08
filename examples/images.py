"""Prints what is in JPEG files: python3 images.py dog.jpg horses.jpg (after pip install websockets)"""

import asyncio
import json
import os
import sys
from pathlib import Path

import websockets

SERVER = os.environ.get("LIVESYTE_URL", "http://127.0.0.1:8000").replace("http", "ws", 1)


async def main(files):
    async with websockets.connect(f"{SERVER}/ws/video/stream?pipeline_id=yolo_only") as socket:
        for file in files:
            await socket.send(Path(file).read_bytes())
            answer = json.loads(await socket.recv())
            if "error" in answer:
                sys.exit(f"{file}: {answer['detail']}")
            for found in answer["result"]["detections"]:
                print(file, found["label"], found["confidence"], *found["bbox"])


asyncio.run(main(sys.argv[1:]))
