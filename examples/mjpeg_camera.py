"""Makes a camera of whatever writes Motion JPEG, and adds it to livesyte; needs nothing but Python 3.8.

On a Raspberry Pi:
    rpicam-vid -n -t 0 --codec mjpeg -o - | python3 mjpeg_camera.py
With a webcam, or a file:
    ffmpeg -i /dev/video0 -f mjpeg - | python3 mjpeg_camera.py
    ffmpeg -re -i walk.mp4 -f mjpeg - | python3 mjpeg_camera.py
"""

import json
import os
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

LIVESYTE = os.environ.get("LIVESYTE_URL", "http://127.0.0.1:8000")
TOKEN = os.environ.get("LIVESYTE_TOKEN")  # Needed where livesyte is on another machine
CAMERA_ID = os.environ.get("CAMERA_ID", "pi")
PORT = int(os.environ.get("CAMERA_PORT", "0"))  # 0 for any that is free

newest = b""
changed = threading.Condition()


class Camera(BaseHTTPRequestHandler):
    """Answers every request with the frames as they come; who is slow misses some."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        while True:
            with changed:
                changed.wait()
                frame = newest
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(frame)}\r\n\r\n"
            try:
                self.wfile.write(head.encode() + frame + b"\r\n")
            except OSError:
                return  # Whoever looked at it has gone

    def log_message(self, *_):
        pass


def frames(stream):
    """The JPEGs of a stream, one after the other; each ends with the bytes FF D9."""
    buffer = b""
    while chunk := stream.read1(65536):
        *whole, buffer = (buffer + chunk).split(b"\xff\xd9")
        for frame in whole:
            yield frame + b"\xff\xd9"


def own_address():
    """The address of this machine, as livesyte sees it."""
    url = urlsplit(LIVESYTE)
    with socket.create_connection((url.hostname, url.port or 80), timeout=10) as connection:
        return connection.getsockname()[0]


def call(method, path, camera):
    headers = {"Content-Type": "application/json"}
    if TOKEN:
        headers["Authorization"] = f"Bearer {TOKEN}"
    body = json.dumps(camera).encode()
    urlopen(Request(LIVESYTE + path, body, headers, method=method), timeout=10).close()


def add_camera(url):
    camera = {"name": f"Camera {CAMERA_ID}", "url": url, "pipeline_id": "yolo_only"}
    try:
        call("POST", "/camera", {"id": CAMERA_ID, **camera})
    except HTTPError as error:
        if error.code != 409:
            sys.exit(json.load(error)["detail"])
        call("PATCH", f"/camera/{CAMERA_ID}", camera)  # It is there from last time


server = ThreadingHTTPServer(("", PORT), Camera)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
add_camera(f"http://{own_address()}:{server.server_port}/")
print(f"{LIVESYTE}/cameras?id={CAMERA_ID}", flush=True)
for newest_frame in frames(sys.stdin.buffer):
    with changed:
        newest = newest_frame
        changed.notify_all()
