"""The command line: version, help, check, and the embedded backend."""
import asyncio
import os
import re
import subprocess
import time

import pytest

from backends import websockets_client
from sluice import BINARY, run_once
from wire import PATIENCE

GOOD = 'listen: "127.0.0.1:8080"\nroutes:\n  - to: ws://127.0.0.1:9000\n'


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.yaml"
    path.write_text(GOOD)
    return path


@pytest.mark.parametrize("word", ["version", "--version"])
def test_version_says_what_was_built_and_what_the_kernel_has(word):
    result = run_once(word)
    assert result.returncode == 0 and result.stderr == ""
    assert re.match(r"sluice \d+\.\d+\.\d+", result.stdout)
    if word == "version":
        for expected in ("simd", "io_uring"):
            assert expected in result.stdout.lower()


@pytest.mark.parametrize("words", [["help"], ["--help"], ["-h"]])
def test_help_names_every_command(words):
    result = run_once(*words)
    assert result.returncode == 0
    for command in ("run", "check", "version", "backend"):
        assert command in result.stdout


@pytest.mark.parametrize("command", ["run", "check", "version", "backend"])
def test_each_command_has_help(command):
    result = run_once(command, "--help")
    assert result.returncode == 0 and command in result.stdout


@pytest.mark.parametrize("words", [["nonsense"], ["run", "--nonsense"], ["check"], ["run", "-c"]], ids=" ".join)
def test_a_wrong_command_line_is_refused(words, tmp_path):
    result = run_once(*words, cwd=tmp_path)
    assert result.returncode == 1 and result.stdout == "" and result.stderr


def test_check_accepts_a_good_file(good):
    assert run_once("check", "-c", good).returncode == 0


def test_check_refuses_a_bad_one_with_every_error(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("lisen: x\nroutes:\n  - to: nowhere\n")
    result = run_once("check", "-c", path)
    assert result.returncode == 1
    assert "bad.yaml:1:1: " in result.stderr and "bad.yaml:3:9: " in result.stderr and '"listen"' in result.stderr


def test_what_check_prints_is_a_configuration_with_its_defaults(good, tmp_path):
    printed = run_once("check", "-c", good, "--print")
    assert printed.returncode == 0
    for default in ("1MiB", "16MiB", "256KiB", "10s", "2s", "5s", "pause"):
        assert default in printed.stdout, printed.stdout
    again = tmp_path / "again.yaml"
    again.write_text(printed.stdout)
    assert run_once("check", "-c", again, "--print").stdout == printed.stdout


@pytest.mark.parametrize("level", ["scalar", "v128", "v256", "v512", "nonsense", ""])
def test_the_simd_level_can_be_chosen(level):
    result = run_once("version", env={**os.environ, "SLUICE_SIMD": level})
    if result.returncode == 0 and level:
        assert level in result.stdout
    elif level in ("nonsense", ""):
        assert level == "" or result.returncode == 1 and "scalar" in result.stderr


@pytest.mark.parametrize("level", ["scalar", "v128", "v256"])
async def test_a_gateway_of_each_level_relays_and_validates(gateway, level):
    run = gateway("echo", popen={"env": {**os.environ, "SLUICE_SIMD": level}})
    async with websockets_client(run.url()) as talk:
        for size in (0, 1, 31, 32, 33, 1000, 70000):
            await talk.send("ü" * size)
            assert await talk.receive() == "ü" * size


def test_the_embedded_backend_echoes(tmp_path):
    with open(tmp_path / "err", "wb") as err:
        process = subprocess.Popen([BINARY, "backend", "-l", "127.0.0.1:0"], stdout=err, stderr=err)
    try:
        deadline = time.monotonic() + PATIENCE
        while not (ready := re.search(r"listening on (127\.0\.0\.1:\d+)", (tmp_path / "err").read_text())):
            assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "err").read_text()
            time.sleep(0.01)

        async def talk_to_it():
            async with websockets_client(f"ws://{ready[1]}/") as talk:
                await talk.send("hello")
                assert await talk.receive() == "hello"

        asyncio.run(asyncio.wait_for(talk_to_it(), PATIENCE))
        process.terminate()
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
