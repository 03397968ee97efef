"""Fixtures: gateways of a test's own, gateways shared by a module, and what is shown of them when a test fails."""
import asyncio
import functools
import json
import time

import pytest

from sluice import Gateway, config_of
from wire import PATIENCE


def bounded(seconds=None):
    """Runs an async test in a loop of its own, and fails it when it takes longer."""
    def decorate(test):
        @functools.wraps(test)
        def run(*arguments, **named):
            limit = (seconds or 2) * PATIENCE
            deadline = time.monotonic() + limit
            try:
                asyncio.run(asyncio.wait_for(test(*arguments, **named), limit))
            except asyncio.TimeoutError:
                # A wait of the test's own tells more: where it stood.
                if time.monotonic() < deadline:
                    raise
                pytest.fail(f"not done within {limit} s")
        return run
    return decorate


def pytest_collection_modifyitems(items):
    """Every coroutine test is bounded, decorated or not."""
    for item in items:
        if asyncio.iscoroutinefunction(item.function) and not hasattr(item.function, "__wrapped__"):
            item.obj = bounded()(item.obj)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    if report.failed:
        for gateway in Gateway.started:
            name = gateway.config_path.parent.name
            for what, text in (("stderr", gateway.stderr), ("stdout", gateway.stdout)):
                if text:
                    report.sections.append((f"gateway {name}: {what}", text[-3000:]))


@pytest.fixture
def gateway(tmp_path_factory):
    """gateway(config or routes...) starts one; all end with the test, by TERM, with exit code 0."""
    own = []

    def start(*routes, ready=True, command=("run",), wrapper=(), stdout=None, stderr=None, popen=None,
              **more):
        config = routes[0] if len(routes) == 1 and isinstance(routes[0], dict) and "routes" in routes[0] else \
            config_of(*routes, **more)
        run = Gateway(tmp_path_factory.mktemp("gateway"), config, command=command, wrapper=wrapper, stdout=stdout,
                      stderr=stderr, **(popen or {}))
        own.append(run)
        return run.wait_ready() if ready else run

    yield start
    try:
        for run in own:
            # A test that waited for the end has judged the exit code itself.
            if run.process.returncode is None:
                run.stop()
            else:
                assert run.process.returncode in (0, 1, 2), f"exit code {run.process.returncode}"
    finally:
        for run in own:
            run.kill()
            Gateway.started.remove(run)


@pytest.fixture(scope="module")
def shared_runs(tmp_path_factory):
    runs = {}
    yield runs
    try:
        for run in runs.values():
            run.stop()
    finally:
        for run in runs.values():
            run.kill()
            Gateway.started.remove(run)


@pytest.fixture
def shared(shared_runs, tmp_path_factory):
    """shared(routes...): the module's gateway of that configuration, started once, and again if a test ended it."""
    used = []

    def get(*routes, **more):
        config = config_of(*routes, **more)
        key = json.dumps(config)
        if key in shared_runs and shared_runs[key].process.poll() is not None:
            Gateway.started.remove(shared_runs.pop(key))
        if key not in shared_runs:
            run = Gateway(tmp_path_factory.mktemp("shared"), config)
            try:
                shared_runs[key] = run.wait_ready()
            finally:
                if key not in shared_runs:
                    run.kill()
        used.append(shared_runs[key])
        return shared_runs[key]

    yield get
    for run in used:
        run.expect_healthy()
        assert run.process.poll() is None, "the gateway ended in the midst of a test"


@pytest.fixture(scope="module")
def backend_path(tmp_path_factory):
    """Where the module's backends listen, one after the other: so one gateway serves many tests."""
    return str(tmp_path_factory.mktemp("backend") / "b.sock")
