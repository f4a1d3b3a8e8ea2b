"""A web server of the standard library. Arguments: the port, the version of HTTP. Prints `ready`.

GET /close       a body of 100,000 bytes that ends with the connection
GET /length      a body of 100,000 bytes with its length
GET /chunked     a body of 100,000 bytes in chunks (HTTP/1.1)
GET /connections how many connections there were
POST /echo       the body that was sent
POST /login, GET /products, GET /products/{id}: the shop of the documentation
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY = b"0123456789" * 10_000
connections = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = sys.argv[2]

    def setup(self):
        global connections
        connections += 1
        super().setup()

    def log_message(self, *_):
        pass

    def answer(self, body, kind="text/plain"):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_json(self, value):
        self.answer(json.dumps(value).encode(), "application/json")

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/close":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(BODY)
        elif path == "/length":
            self.answer(BODY)
        elif path == "/chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for start in range(0, len(BODY), 7_000):
                chunk = BODY[start : start + 7_000]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.write(b"0\r\n\r\n")
        elif path == "/connections":
            self.answer(str(connections).encode())
        elif path == "/products":
            self.answer_json([{"id": n} for n in range(1, 6)])
        elif path.startswith("/products/"):
            self.answer_json({"id": int(path.rsplit("/", 1)[1]), "price": 9.5})
        else:
            self.send_error(404)

    def do_POST(self):
        body = self.body()
        if self.path == "/echo":
            self.answer(body)
        elif self.path == "/login":
            self.answer_json({"access_token": "token of " + json.loads(body)["user"]})
        else:
            self.send_error(404)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
print("ready", flush=True)
server.serve_forever()
