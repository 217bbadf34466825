# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The programs that the world plays Ogg Opus with, each with a decoder of its own or its own way of using one: all give
float samples at 48 kHz, a column a channel."""
import http.server, pathlib, shutil, subprocess, tempfile, threading
import numpy as np


def run(*command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0 and not done.stderr, (command, done.stderr.decode())
    return done.stdout


def samples_of(wave, channels):
    """Of a WAV file."""
    return np.frombuffer(wave[wave.index(b"data") + 8:], "<i2").reshape(-1, channels) / 32768


def by_opusdec(path, channels):
    with tempfile.TemporaryDirectory() as folder:
        run("opusdec", "--quiet", "--rate", 48000, "--force-wav", "--no-dither", path, f"{folder}/out.wav")
        return samples_of(pathlib.Path(folder, "out.wav").read_bytes(), channels)


def by_ffmpeg(path, channels):
    """By FFmpeg's own decoder, not by libopus."""
    raw = run("ffmpeg", "-v", "warning", "-nostdin", "-c:a", "opus", "-i", path, "-f", "s16le", "-ar", 48000, "-")
    return np.frombuffer(raw, "<i2").reshape(-1, channels) / 32768


def by_sndfile(path, channels, rate, opus_tool):
    """By libsndfile, which decodes at the rate the encoder was given; samples are repeated up to 48 kHz."""
    with tempfile.TemporaryDirectory() as folder:
        run(opus_tool, "render", path, f"{folder}/out.wav", "wav", 0, -1)
        return np.repeat(samples_of(pathlib.Path(folder, "out.wav").read_bytes(), channels), 48000 // rate, axis=0)


PAGE = """<script>(async () => {
  for (let n = 0; n < COUNT; n++) try {
    const bytes = await (await fetch('/file' + n)).arrayBuffer()
    const audio = await new OfflineAudioContext(2, 48000, 48000).decodeAudioData(bytes)
    for (let c = 0; c < audio.numberOfChannels; c++)
      await fetch(`/${n}/${c}`, {method: 'POST', body: audio.getChannelData(c).slice()})
  } catch (error) { await fetch(`/${n}/error`, {method: 'POST', body: String(error)}) }
  await fetch('/done', {method: 'POST', body: ''})
})()</script>"""


def by_chromium(paths):
    """All files in one go, by decodeAudioData. None where there is no Chromium."""
    browser = shutil.which("chromium")
    if not browser:
        return None
    said, done = {}, threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *unused):
            pass

        def answer(self, body):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            number = self.path.removeprefix("/file")
            self.answer(pathlib.Path(paths[int(number)]).read_bytes() if number.isdigit()
                        else PAGE.replace("COUNT", str(len(paths))).encode())

        def do_POST(self):
            said[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(b"")
            if self.path == "/done":
                done.set()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="earshot-browser-", ignore_cleanup_errors=True) as profile:
        child = subprocess.Popen(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
             "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
             f"--user-data-dir={profile}", f"http://127.0.0.1:{server.server_port}/"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        finished = done.wait(120)
        child.terminate()
        child.wait()
    server.shutdown()
    server.server_close()
    errors = {path: text for path, text in said.items() if path.endswith("error")}
    assert finished and not errors, (finished, errors)
    return [np.stack([np.frombuffer(said[key], "<f4") for key in (f"/{n}/0", f"/{n}/1") if key in said], axis=1)
            for n in range(len(paths))]
