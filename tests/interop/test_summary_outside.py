"""A summary read by software that nobody here wrote: openssl for the signature, check-jsonschema for the shape."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from triage import schema
from triage.summary import envelope, period, release, tabulate

pytestmark = pytest.mark.interop

VERIFY = r"""
import base64, json, subprocess, sys
file, public_hex = sys.argv[1:3]
document = json.load(open(file, "rb"))
payload, kind = base64.b64decode(document["payload"]), document["payloadType"].encode()
open("signed", "wb").write(b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload))
open("signature", "wb").write(base64.b64decode(document["signatures"][0]["sig"]))
open("key.der", "wb").write(bytes.fromhex("302a300506032b6570032100" + public_hex))
open("payload.json", "wb").write(payload)
sys.exit(subprocess.run("openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in signed -sigfile signature".split()).returncode)
"""  # noqa: E501 - the script is shown in docs/formats/summary.md as it stands


def verify(folder: Path, data: bytes, public: bytes) -> int:
    """Check a signed file with openssl, by a script that imports nothing of ours."""
    if shutil.which("openssl") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("openssl is not installed")
    (folder / "file.dsse.json").write_bytes(data)
    return subprocess.run(
        [sys.executable, "-I", "-c", VERIFY, "file.dsse.json", public.hex()],
        cwd=folder,
        capture_output=True,
        check=False,
    ).returncode


def sealed(wanted: period.Period) -> tuple[bytes, bytes]:
    """A real release of an empty period, signed; and the public key."""
    private, public = envelope.new_key()
    exact = tabulate.tables([], wanted)
    return envelope.seal(
        release.draw(exact, wanted, school_code="79012345", seq=1, prev=None), private
    ), public


def test_openssl_verifies_the_signature_and_sees_one_flipped_bit(tmp_path: Path) -> None:
    data, public = sealed(period.read("2026-11"))
    assert verify(tmp_path, data, public) == 0
    start = data.index(b'"payload":"') + 60
    flipped = data[:start] + (b"B" if data[start : start + 1] == b"A" else b"A") + data[start + 1 :]
    assert verify(tmp_path, flipped, public) != 0
    assert verify(tmp_path, data, envelope.new_key()[1]) != 0


@pytest.mark.parametrize("text", ["2026-11", "2026-2027-HK1", "2026-2027"])
def test_check_jsonschema_accepts_the_payload_and_refuses_a_changed_one(tmp_path: Path, text: str) -> None:
    data, public = sealed(period.read(text))
    payload = json.loads(envelope.open(data, public))

    def accepted() -> bool:
        (tmp_path / "payload.json").write_text(json.dumps(payload), encoding="utf-8")
        tool = Path(sys.executable).with_name("check-jsonschema")
        command = [str(tool), "--schemafile", str(schema.path("summary-v1")), str(tmp_path / "payload.json")]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    assert accepted()
    payload["tables"][0]["values"].append(0)
    assert not accepted()


def test_the_digest_of_the_codebook_is_found_with_plain_python(tmp_path: Path) -> None:
    """As the page says: sort the keys, drop the blanks, hash."""
    script = (
        "import hashlib, json, sys; d = json.load(open(sys.argv[1], encoding='utf-8'));"
        "t = json.dumps(d, sort_keys=True, separators=(',', ':'), ensure_ascii=False);"
        "print(hashlib.sha256(t.encode()).hexdigest())"
    )
    found = subprocess.run(
        [sys.executable, "-I", "-c", script, str(schema.path("codebook-v1"))],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    data, public = sealed(period.read("2026-11"))
    assert json.loads(envelope.open(data, public))["codebook"]["sha256"] == found


def test_the_example_of_the_page_verifies_and_the_page_shows_this_script(tmp_path: Path) -> None:
    page = (schema.path("summary-v1").parent.parent / "docs/formats/summary.md").read_text(encoding="utf-8")
    assert VERIFY.strip() in page
    data = re.search(r"^\{\"payload\":.*$", page, re.MULTILINE)
    public = re.search(r"^public key: ([0-9a-f]{64})$", page, re.MULTILINE)
    assert data is not None
    assert public is not None
    key = bytes.fromhex(public[1])
    assert verify(tmp_path, data[0].encode(), key) == 0
    document = release.read(envelope.open(data[0].encode(), key))
    assert (document["school"], document["period"]) == ("79012345", "2026-11")
