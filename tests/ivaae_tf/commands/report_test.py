import json
import shutil

from tests.mains import Main

PAGES = {"index.html", "report.md"}


def report(*arguments):
    return Main("report", *arguments).wait()


def test_runs_are_compared_and_an_older_report_is_replaced(finished_run, tmp_path, one_line_error):
    bare = tmp_path / "bare"
    bare.mkdir()
    shutil.copy(finished_run / "run.json", bare)
    out = tmp_path / "out"
    finished = report(finished_run, f"--out={out}/", bare)
    assert finished.returncode == 0, finished.stderr
    assert str(out / "index.html") in finished.stdout
    files = {path.name for path in out.iterdir()}
    assert {"index.html", "report.md", "losses.png", "losses.csv", "covariance.png"} <= files
    assert {"samples_side_by_side.png", "samples_1_run.png", "covariance_1_run.csv"} <= files
    page = (out / "index.html").read_text()
    assert "2 runs compared" in page and "code_covariance.csv" in page  # which `bare` lacks
    latent_dim = json.loads((finished_run / "run.json").read_text())["settings"]["latent_dim"]
    assert len((out / "covariance_1_run.csv").read_text().splitlines()) == latent_dim + 1

    assert report(bare, f"--out={out}").returncode == 0
    assert {path.name for path in out.iterdir()} == {*PAGES, ".ivaae_tf.files"}
    assert "<title>bare</title>" in (out / "index.html").read_text()

    (out / "holiday.png").write_text("")
    assert "holiday.png" in one_line_error(report(bare, f"--out={out}"))
    assert (out / "holiday.png").exists()


def test_what_cannot_be_reported_is_one_line(finished_run, tmp_path, one_line_error):
    out = f"--out={tmp_path / 'out'}"
    for folder in (tmp_path, tmp_path / "missing"):
        assert "not the --workdir of a training run" in one_line_error(report(folder, out))
    assert "RUN..." in one_line_error(report(out))
    (tmp_path / "taken").mkdir()
    taken = report(finished_run, f"--out={tmp_path / 'taken'}")
    assert "--out" in one_line_error(taken)
    assert not (tmp_path / "out").exists()
