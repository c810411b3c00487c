"""The wheel in a fresh environment: the command runs, and the plugin plays with a provider in Flask or Django."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.locked import install, uv

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("installed")]
FLASK = """
from flask import Flask, request

def application(state):
    app = Flask("provider")

    @app.post("/ns-api/v2/subscriptions")
    def subscribe():
        state["url"] = request.json["post-url"]
        return {"data": {"id": "s"}}, 201

    @app.post("/webhook")
    def send():
        state["report"]("m-1")
        return {"data": {"id": "m-1"}}

    return app
"""
DJANGO = """
import json
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

STATE = {}

def subscribe(request):
    STATE["url"] = json.loads(request.body)["post-url"]
    return JsonResponse({"data": {"id": "s"}}, status=201)

def send(request):
    STATE["report"]("m-1")
    return JsonResponse({"data": {"id": "m-1"}})

urlpatterns = [path("ns-api/v2/subscriptions", subscribe), path("webhook", send)]

def application(state):
    global STATE
    STATE = state
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x", USE_TZ=True)
    return get_wsgi_application()
"""
TEST = """
import json, threading, urllib.request
from wsgiref.simple_server import make_server

import pytest
from provider import application

@pytest.fixture(scope="session")
def server():
    state = {}

    def report(messageid):
        body = json.dumps({"method": "delivered", "params": {"messageid": messageid}}).encode()
        request = urllib.request.Request(state["url"], body, {"Content-Type": "application/json"})
        threading.Timer(0.05, urllib.request.urlopen, [request]).start()

    state["report"] = report
    with make_server("127.0.0.1", 0, application(state)) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()

@pytest.fixture(scope="session")
def ringo_config(server):
    return {
        "integration": "reference.json",
        "properties": {"API key": "k3y"},
        "hosts": {"https://api.example.com": server},
    }

def test_text_is_delivered(ringo):
    sms = ringo.send_message("ping")
    assert sms.status == 200
    ringo.expect("messageDelivered", messageid=sms.messageid)
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel of this source; its ``bin`` folder."""
    folder = tmp_path_factory.mktemp("installed")
    uv("venv", "--python", sys.executable, folder / "venv")
    uv("build", "--wheel", "--out-dir", folder)
    (wheel,) = folder.glob("*.whl")
    python = folder / "venv/bin/python"
    install("guests", "--python", python, beside_the_package=True)
    uv("pip", "install", "--no-deps", "--python", python, wheel)
    return folder / "venv/bin"


@pytest.mark.parametrize("provider", [FLASK, DJANGO], ids=["flask", "django"])
def test_the_plugin_with_a_provider_in_the_same_process(provider: str, environment: Path, tmp_path: Path) -> None:
    """Nothing of this project's own is in the way: only what the wheel holds."""
    shutil.copy(ROOT / "scenarios/reference.json", tmp_path / "reference.json")
    (tmp_path / "provider.py").write_text(provider, "utf-8")
    (tmp_path / "test_it.py").write_text(TEST, "utf-8")
    done = subprocess.run(
        [str(environment / "python"), "-m", "pytest", "-q", "-W", "error::ResourceWarning"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, True) == (done.returncode, "1 passed" in done.stdout), done.stdout + done.stderr


def test_the_command_with_its_package_data(environment: Path, tmp_path: Path) -> None:
    """A project is made, runs, and leaves a report: templates are in the wheel."""
    program = str(environment / "ringo-emu")
    subprocess.run([program, "new", "demo"], cwd=tmp_path, check=True, capture_output=True)
    done = subprocess.run(
        [program, "run", "--report", "html=r.html", "--report", "junit=j.xml"],
        cwd=tmp_path / "demo",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "demo/r.html").read_text("utf-8").startswith("<!doctype html>")


def test_the_command_beside_another_package_of_its_name(environment: Path, tmp_path: Path) -> None:
    """Its script is a module of its own, so it can say what is in the way."""
    (tmp_path / "emulator.py").write_text("")
    call = [str(environment / "ringo-emu"), "--version"]
    done = subprocess.run(call, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True)
    assert (2, "") == (done.returncode, done.stdout)
    assert 'another package called "emulator" is in the way' in done.stderr
