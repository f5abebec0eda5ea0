"""The hub is asked once whether it is there; where it isn't, nothing waits for it."""

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from huggingface_hub import constants

from embedbench.text import hub
from embedbench.text.hub import reach

NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def asking(monkeypatch):
    """Asks an address, and gives whether the libraries go on without it."""

    monkeypatch.setattr(hub, "_hub", hub._Hub())
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)

    def ask(address):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        reach()
        return constants.HF_HUB_OFFLINE

    return ask


@pytest.mark.parametrize("status", [200, 404, 503])
def test_any_answer_is_one(status, asking, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        assert not asking(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_without_an_answer_caches_are_all_there_is(asking):
    assert asking(NOBODY)


def test_who_is_offline_already_asks_nobody(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(hub, "_hub", hub._Hub())
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: pytest.fail("asked"))
    reach()


def test_who_had_no_answer_is_asked_again_after_a_while(asking, monkeypatch):
    answers = iter([False, True])
    monkeypatch.setattr(hub, "_answers", lambda _: next(answers))
    assert asking(NOBODY)
    assert asking(NOBODY)  # too soon
    monkeypatch.setattr(hub, "_ASK_AGAIN", 0)
    assert not asking(NOBODY)
    assert not asking(NOBODY)  # nobody is left to answer


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--model pretrained --model.path some/encoder --data wordnet5k", "cannot load the tokenizer 'some/encoder'"),
        ("--model raw --data huggingface --data.path some/set --data.text a", "cannot load the data set 'some/set'"),
    ],
)
def test_a_name_of_the_hub_is_refused_at_once(words, said, tmp_path):
    env = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    env |= {"HF_ENDPOINT": NOBODY, "HF_HOME": str(tmp_path), "NO_PROXY": "127.0.0.1"}
    call = [sys.executable, "-m", "embedbench", "run", *words.split()]
    done = subprocess.run(call, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Retrying" not in done.stderr
