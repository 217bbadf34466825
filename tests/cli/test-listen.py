# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""earshot play --listen: what it serves, to whom, and that it ends; as the browser of its owner, as another account of the
machine, and as a page from elsewhere in that browser would ask.

Arguments: the program, the source folder.
"""
import http.client, os, pathlib, re, selectors, signal, socket, subprocess, sys, time, unittest, urllib.parse

PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
sys.path.insert(0, str(SOURCE / "tests/whole"))
import numpy as np
import calls
from earshot import Library

PATIENCE_S = 20  # for anything that is waited for here; nothing waits for ever


class Listen(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.library = Library(PROGRAM)
        cls.addClassCleanup(cls.library.folder.cleanup)
        capture = pathlib.Path(cls.library.folder.name) / "one.pcap"
        voice = (8000 * np.random.default_rng(1).standard_normal(30 * 8000)).clip(-30000, 30000).astype(np.int16)
        calls.write(capture, [calls.Call(0, 0, "01001234567", "2001", voice, voice)])
        cls.library.run("record", "--pcap", capture)
        cls.call = cls.library.rows("search")[0]["id"]
        cls.file = (cls.library.path / cls.library.show(cls.call)["file"]).read_bytes()

    def play(self, *options):
        """The command and the address that it gave."""
        process = subprocess.Popen([PROGRAM, "--library", str(self.library.path), "play", self.call, "--listen", *options],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   env=self.library.environment)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, PATIENCE_S)
        self.addCleanup(process.kill)
        said, end = b"", time.monotonic() + PATIENCE_S
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not (url := re.search(rb"(http://127\.0\.0\.1:(\d+)/[\w-]{24}/)\n", said)):
                self.assertTrue(selector.select(max(end - time.monotonic(), 0)), said)
                more = os.read(process.stdout.fileno(), 4096)
                self.assertTrue(more, said)
                said += more
        return process, urllib.parse.urlsplit(url[1].decode())

    @staticmethod
    def ask(url, path="", method="GET", body=None, **headers):
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=PATIENCE_S)
        connection.request(method, url.path + path, body, headers)
        answer = connection.getresponse()
        return answer, answer.read() if path != "events" else answer

    def raw(self, url, data, seconds=PATIENCE_S):
        """What comes back for some bytes before the connection is shut, or nothing more comes for so long."""
        with socket.create_connection((url.hostname, url.port), timeout=seconds) as connection:
            got = b""
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                while more := connection.recv(65536):
                    got += more
            except OSError:  # shut before it had read everything
                pass
            return got

    def event(self, stream):
        while line := stream.readline().decode():
            if line.startswith("data: {"):
                return dict(re.findall(r'"(\w+)":([\w.]+)', line))

    def stop(self, process, number=signal.SIGTERM, status=0):
        process.send_signal(number)
        self.assertEqual(process.wait(PATIENCE_S), status)

    def test_serves_and_ends(self):
        process, url = self.play("--start", "0:12.5")
        sockets = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
        self.assertEqual([line.split()[3] for line in sockets.splitlines() if f"pid={process.pid}," in line],
                         [f"127.0.0.1:{url.port}"])
        page, text = self.ask(url)
        self.assertEqual((page.status, page.getheader("Cache-Control"), page.getheader("X-Frame-Options")),
                         (200, "no-store", "DENY"))
        self.assertIn(b"<html lang=", text)
        start = time.monotonic()
        self.assertEqual(self.ask(url, "audio.opus")[1], self.file)
        self.assertLess(time.monotonic() - start, 1)  # much faster than it is heard
        command = self.event(self.ask(url, "events")[0])
        self.assertEqual((command["playing"], command["position"]), ("true", "12.500"))
        self.assertEqual(self.ask(url, "position", "POST", f"{command['sequence']} 1 13.0")[0].status, 204)
        self.stop(process, signal.SIGINT)
        with self.assertRaises(OSError):
            self.ask(url)

    def test_arguments(self):
        play = ["play", self.call, "--listen"]
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            self.assertIn(port, self.library.run(*play, "--port", port, status=1, timeout=PATIENCE_S).stderr)
        for options in (["--port", "70000"], ["--end", "0:05"], ["--output", "x.wav"], ["--skip-silence"]):
            self.library.run(*play, *options, status=2, timeout=PATIENCE_S)

    def test_methods(self):
        process, url = self.play()
        events = self.ask(url, "events")[0]
        first = self.event(events)
        for method in "OPTIONS", "PUT", "DELETE", "TRACE", "BREW":
            answer, text = self.ask(url, "audio.opus", method)
            self.assertEqual((answer.status, text), (405, b""), method)
        head, nothing = self.ask(url, "audio.opus", "HEAD")
        self.assertEqual((head.status, int(head.getheader("Content-Length")), nothing), (200, len(self.file), b""))
        self.assertEqual(self.ask(url, "events", "HEAD")[0].status, 404)  # and does not take the page's place:
        self.assertEqual(self.ask(url, "position", "POST", f"{first['sequence']} 0 1.0")[0].status, 204)
        other = self.ask(url, "events")[0]
        self.assertIn(b"event: taken\n", events.read())
        self.assertEqual(self.event(other)["playing"], "false")
        self.stop(process)

    def test_strangers(self):
        """Without the secret, under another name, from another page: nothing, whatever it is that is asked."""
        process, url = self.play()
        own = f"127.0.0.1:{url.port}"
        wrong = url.path[:-2] + ("aa/" if url.path[-2] != "a" else "bb/")
        for path in "/", "/audio.opus", wrong, wrong + "audio.opus", url.path[:-1], "/%2e%2e" + url.path, url.path.upper():
            for method in b"GET", b"HEAD", b"OPTIONS", b"PUT":
                answer = self.raw(url, b"%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
                                  % (method, path.encode(), own.encode()))
                self.assertIn(b" 404 ", answer.split(b"\r\n")[0])
                self.assertEqual(answer.partition(b"\r\n\r\n")[2], b"")
        for host in "evil.example", f"evil.example:{url.port}", f"{own}.evil.example", "0.0.0.0", "":
            self.assertEqual(self.ask(url, Host=host)[0].status, 404, host)
            self.assertEqual(self.ask(url, "audio.opus", Host=host)[0].status, 404, host)
        for origin in "http://evil.example", "null", f"https://{own}", f"http://{own}.evil.example":
            self.assertEqual(self.ask(url, "position", "POST", "1 0 1.0", Origin=origin)[0].status, 404, origin)
        self.assertEqual(self.ask(url)[0].status, 200)
        self.stop(process)

    def test_malformed(self):
        process, url = self.play()
        head = f"GET {url.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode()
        for request in (b"\0" * 5000, b"GET\r\n\r\n", b"G" * 100_000, head + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
                        head + b"X: y\r\n" * 20_000 + b"\r\n", head + b"Range: bytes=" + b"0-1," * 2000 + b"\r\n\r\n",
                        b"POST " + url.path.encode() + b"position HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
                        b"POST " + url.path.encode() + b"position HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                        b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"):
            self.assertNotIn(b"OggS", self.raw(url, request, 0.3), request[:80])
        # Several requests in one go are answered in their order.
        both = self.raw(url, head + b"\r\n" + head.replace(b" HTTP", b"audio.opus HTTP") + b"Connection: close\r\n\r\n")
        self.assertEqual(both.count(b"HTTP/1.1 200"), 2)
        self.assertTrue(both.endswith(self.file))
        # Browsers leave in the middle of what they asked for.
        for _ in range(20):
            with socket.create_connection((url.hostname, url.port)) as connection:
                connection.sendall(head.replace(b" HTTP", b"audio.opus HTTP") + b"\r\n")
                connection.recv(100)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.assertEqual(self.ask(url, "audio.opus")[1], self.file)
        self.stop(process)

    def test_slow_connections(self):
        """Whoever holds all connections open, a byte now and then, does not keep the owner out."""
        process, url = self.play()
        slow = [socket.create_connection((url.hostname, url.port)) for _ in range(20)]
        start = time.monotonic()
        try:
            answered = False
            while not answered and time.monotonic() - start < PATIENCE_S:
                for connection in slow:
                    try:
                        connection.send(b"G")
                    except OSError:
                        pass
                try:
                    with socket.create_connection((url.hostname, url.port), timeout=1) as own:
                        own.sendall(f"GET {url.path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                        answered = own.recv(100).startswith(b"HTTP/1.1 200")
                except OSError:
                    pass
            self.assertTrue(answered)
        finally:
            for connection in slow:
                connection.close()
        self.stop(process)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], warnings="ignore")
