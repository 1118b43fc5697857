"""To a hub and back: the hub's own library, against a server that speaks as much as it needs."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from natostance.checkpoint import Checkpoint
from natostance.errors import InputError, ModelError
from natostance.inference.classifier import StanceClassifier
from natostance.inference.hub import files_to_push, push
from natostance.report.card import write_card

huggingface_hub = pytest.importorskip("huggingface_hub")


class Hub(ThreadingHTTPServer):
    """What was uploaded, by repository and path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files: dict[str, dict[str, bytes]] = {}
        self.blobs: dict[str, bytes] = {}
        self.tokens: set[str | None] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answer(BaseHTTPRequestHandler):
    """Creation of a repository, upload of files (LFS for large ones), one commit."""

    server: Hub

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._say({})

    def do_PUT(self) -> None:
        self.server.blobs[self.path.rpartition("/")[2]] = self._body()
        self._say({})

    def do_POST(self) -> None:
        body = self._body()
        self.server.tokens.add(self.headers.get("Authorization"))
        path = self.path.partition("?")[0]
        if path == "/api/repos/create":
            given = json.loads(body)
            name = f"{given['organization']}/{given['name']}"
            self.server.files[name] = {}
            self._say({"url": f"{self.server.address}/{name}", "id": name})
        elif "/preupload/" in path:
            self._say(
                {
                    "files": [
                        {
                            "path": f["path"],
                            "uploadMode": "lfs" if f["size"] > 50_000 else "regular",
                            "shouldIgnore": False,
                        }
                        for f in json.loads(body)["files"]
                    ]
                }
            )
        elif path.endswith("/info/lfs/objects/batch"):
            objects = json.loads(body)["objects"]
            address = self.server.address
            self._say(
                {
                    "transfer": "basic",
                    "objects": [
                        {**o, "actions": {"upload": {"href": f"{address}/blob/{o['oid']}"}}}
                        for o in objects
                    ],
                }
            )
        elif "/commit/" in path:
            repository = path.split("/api/models/")[1].split("/commit/")[0]
            for line in body.splitlines():
                item = json.loads(line)
                value = item["value"]
                if item["key"] == "file":
                    content = base64.b64decode(value["content"])
                    self.server.files[repository][value["path"]] = content
                elif item["key"] == "lfsFile":
                    content = self.server.blobs[value["oid"]]
                    self.server.files[repository][value["path"]] = content
            address = self.server.address
            self._say({"commitUrl": f"{address}/{repository}/commit/1", "commitOid": "1" * 40})
        else:
            self._say({})

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _say(self, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    # the tests are offline; this hub is on this machine
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    write_card(folder)
    (folder / "notes.txt").write_text("private")
    (folder / "evil.py").write_text("print('no')")
    return folder


def test_what_goes_up_is_the_model_with_its_papers_and_its_card(model: Path) -> None:
    assert {path.name for path in files_to_push(model)} == {
        "config.json",
        "model.safetensors",
        "model.onnx",
        "tokenizer.json",
        "run.json",
        "README.md",
    }


def test_a_model_without_a_card_or_with_a_damaged_file_does_not_go_up(model: Path) -> None:
    (model / "README.md").unlink()
    with pytest.raises(InputError, match=r"no card .*natostance card"):
        files_to_push(model)
    (model / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match="damaged"):
        files_to_push(model)


def test_an_uploaded_model_comes_back_whole(model: Path, hub: Hub, tmp_path: Path) -> None:
    page = push(model, "newsroom/stance", token="hf_secret", endpoint=hub.address)
    assert page == f"{hub.address}/newsroom/stance"
    assert hub.tokens == {"Bearer hf_secret"}
    back = tmp_path / "back"
    back.mkdir()
    for name, content in hub.files["newsroom/stance"].items():
        (back / name).write_bytes(content)
    assert {path.name for path in back.iterdir()} == {path.name for path in files_to_push(model)}
    assert Checkpoint.load(back).sha256 == Checkpoint.load(model).sha256


def test_a_hub_that_refuses_is_told(model: Path) -> None:
    with pytest.raises(InputError, match="the hub refuses newsroom/stance"):
        push(model, "newsroom/stance", endpoint="http://127.0.0.1:9")


def test_only_a_loaded_model_can_be_pushed(model: Path) -> None:
    classifier = StanceClassifier.from_pretrained(model)
    made = StanceClassifier(classifier.reader, classifier.backend, classifier.labels)
    with pytest.raises(TypeError, match="has a folder to upload"):
        made.push_to_hub("newsroom/stance")


def test_a_name_on_the_hub_is_loaded_from_the_hubs_own_cache(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # as the hub's library lays it out: blobs by hash, snapshots of links, a reference
    cache = tmp_path / "cache"
    home = cache / "models--newsroom--stance"
    snapshot = home / "snapshots" / ("1" * 40)
    (home / "blobs").mkdir(parents=True)
    (home / "refs").mkdir()
    snapshot.mkdir(parents=True)
    (home / "refs" / "main").write_text("1" * 40)
    for path in files_to_push(model):
        blob = home / "blobs" / hashlib.sha256(path.read_bytes()).hexdigest()
        shutil.copy(path, blob)
        (snapshot / path.name).symlink_to(Path("../../blobs") / blob.name)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    by_name = StanceClassifier.from_pretrained("newsroom/stance")
    by_folder = StanceClassifier.from_pretrained(model)
    text = "She said the alliance would defend every inch of its land."
    assert by_name.label(text) == by_folder.label(text)


def test_a_name_that_is_on_no_hub_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="no folder and no model on the hub"):
        StanceClassifier.from_pretrained("newsroom/nothing")


def test_the_card_is_one_that_the_hub_reads(model: Path) -> None:
    card = huggingface_hub.ModelCard.load(model / "README.md")
    assert card.data.license == "apache-2.0"
    assert card.data.library_name == "natostance"
    [first, *_] = card.data.eval_results
    assert first.metric_type == "f1"
    assert 0 <= first.metric_value <= 1
    assert "# tiny" in card.text
