"""The explorer's page of a tiny run in a browser."""

import contextlib
import functools
import http.server
import shutil
import threading

import pytest

from ivaae_tf.export.explorer import onnxruntime_web
from ivaae_tf.program.errors import UserError
from tests.ivaae_tf.export.explorer.page import expect_status
from tests.mains import run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

# The tests' browser sends no requests to other servers.
OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served(folder):
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def onnxruntime_folder(tmp_path_factory):
    """The real onnxruntime-web from the npm registry."""
    folder = tmp_path_factory.mktemp("npm")
    try:
        onnxruntime_web.copy_files(None, folder, folder / "onnxruntime_web")
    except UserError as error:
        pytest.skip(str(error))
    return folder / "onnxruntime_web"


@pytest.fixture(scope="session")
def explorer(finished_run, data_dir, onnxruntime_folder, tmp_path_factory):
    """The page of a tiny run."""
    out = tmp_path_factory.mktemp("page") / "explorer"
    finished = run(
        *("explore", f"--workdir={finished_run}", f"--out={out}"),
        *(f"--data_dir={data_dir}", f"--onnxruntime_web={onnxruntime_folder}"),
    )
    assert finished.returncode == 0, finished.stderr
    return out


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser, explorer):
    """The loaded page; at the end, there was no error and no request to another server."""
    problems = []
    with served(explorer) as address, contextlib.closing(browser.new_page()) as page:
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("requestfailed", lambda request: problems.append(request.url))
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith((address, "blob:")) else problems.append(request.url)
            ),
        )
        page.goto(address)
        expect_status(page, "^Ready")
        yield page
        assert problems == []
