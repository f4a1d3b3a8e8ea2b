"""What locust has to do to be compared: keep-alive GETs by so many users, for some seconds.

Usage: python locust.py URL USERS SECONDS. Prints how many requests there were, as a line of JSON.
"""

import sys

# This file has the name of the library, and the folder of a program comes first where Python looks.
sys.path.pop(0)

import gevent.monkey

gevent.monkey.patch_all()

import json
import logging
import time

import gevent
from locust import FastHttpUser, constant, task
from locust.env import Environment

url, users, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
host, slash, path = url.removeprefix("http://").partition("/")


class Visitor(FastHttpUser):
    host = "http://" + url.removeprefix("http://").partition("/")[0]
    wait_time = constant(0)

    @task
    def get(self):
        self.client.get(slash + path, name="get")


logging.disable(logging.WARNING)
environment = Environment(user_classes=[Visitor])
runner = environment.create_local_runner()
begin = time.monotonic()
runner.start(users, spawn_rate=users)
gevent.sleep(seconds)
total = environment.stats.total
requests, failed, elapsed = total.num_requests, total.num_failures, time.monotonic() - begin
runner.quit()
print(json.dumps({"requests": requests, "failed": failed, "seconds": elapsed}), flush=True)
