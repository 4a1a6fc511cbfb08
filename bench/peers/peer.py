"""What the programs that livesyte is compared with have in common: JSON comes in, a line for each task, and goes out.

The first line holds settings, and is answered with a description of the peer. The others ask how long an image takes,
or what is in it.
"""

import json
import os
import sys
import time

# Whatever else is printed, by libraries as they are imported, too, goes to standard error: this is to be imported first.
answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)

# What libraries keep for a user, they keep beside their packages.
os.environ.update(HOME=sys.prefix, USERPROFILE=sys.prefix)


def serve(load):
    """Answers until standard input ends.

    `load` takes the settings, and gives the description of the peer and what looks at an image: a function of the
    image's bytes and of the task.
    """
    description, look = load(json.loads(sys.stdin.readline()))
    answer(description)
    for line in sys.stdin:
        task = json.loads(line)
        with open(task["image"], "rb") as file:
            image = file.read()
        if "frames" in task:
            answer(measure(lambda: look(image, task), task["frames"], task["interval_ms"] / 1000))
        else:
            answer(look(image, task))


def answer(value):
    print(json.dumps(value), file=answers, flush=True)


def measure(run, frames, interval):
    """Measures calls that begin `interval` seconds apart, or as soon as the last one has ended, after one to warm up.

    Gives the milliseconds of each call, and those that the cores have worked for all of them.
    """
    run()
    times = []
    worked = time.process_time()
    started = time.perf_counter()
    for index in range(frames):
        time.sleep(max(0, started + index * interval - time.perf_counter()))
        began = time.perf_counter()
        run()
        times.append((time.perf_counter() - began) * 1000)
    # Threads that stay awake after a call do so in its interval.
    time.sleep(max(0, started + frames * interval - time.perf_counter()))
    return {"ms": times, "cpu_ms": (time.process_time() - worked) * 1000}
