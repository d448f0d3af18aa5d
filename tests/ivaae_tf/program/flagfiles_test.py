import pytest

from ivaae_tf.program import flagfiles
from ivaae_tf.program.errors import UserError


def test_a_flagfile_is_replaced_by_its_flags_in_its_place(tmp_path):
    inner, outer = tmp_path / "inner.flags", tmp_path / "outer.flags"
    inner.write_text("--t=4\n")
    outer.write_text(f"# comment\n\n  --a=1  \n// comment\n--flagfile={inner}\n--b=2\n")
    expected = ["--x", "--a=1", "--t=4", "--b=2", "--y"]
    assert flagfiles.expand(["--x", f"--flagfile={outer}", "--y"]) == expected
    assert flagfiles.expand(["--x", "--flagfile", str(outer), "--y"]) == expected
    assert flagfiles.expand(["--", f"--flagfile={outer}"]) == ["--", f"--flagfile={outer}"]


@pytest.mark.parametrize("name", ["demo", "demo.flags"])
def test_a_bare_name_is_found_from_any_folder(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert flagfiles.find(name) == flagfiles.FOLDER / "demo.flags"
    assert "--dataset=mnist" in flagfiles.expand(["--flagfile=mnist_aae"])
    (tmp_path / name).write_text("--mine\n")
    assert flagfiles.expand([f"--flagfile={name}"]) == ["--mine"]  # A path has priority.


def test_what_cannot_be_read_is_named(tmp_path):
    with pytest.raises(UserError, match=r"--flagfile=demmo is neither .*; did you mean demo\?"):
        flagfiles.expand(["--flagfile=demmo"])
    with pytest.raises(UserError, match=r"--flagfile= is neither a file nor a name of best_codes,"):
        flagfiles.expand(["--flagfile"])
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="binary cannot be read"):
        flagfiles.expand([f"--flagfile={tmp_path}/binary"])
    circle = tmp_path / "circle.flags"
    circle.write_text(f"--flagfile={circle}\n")
    with pytest.raises(UserError, match=r"circle\.flags includes itself"):
        flagfiles.expand([f"--flagfile={circle}"])


def test_a_flagfile_may_be_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a").write_text("--t=4\n")
    assert flagfiles.expand(["--flagfile=~/a"]) == ["--t=4"]
    with pytest.raises(UserError, match=r"--flagfile=~nosuchuser/a: ~nosuchuser is the home fol"):
        flagfiles.expand(["--flagfile=~nosuchuser/a"])
    with pytest.raises(UserError, match="xxx: the name is too long"):
        flagfiles.expand([f"--flagfile={'x' * 300}"])


def test_flagfiles_without_end_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for index in range(3000):  # a chain
        (tmp_path / f"chain{index}").write_text(f"--flagfile=chain{index + 1}\n")
    with pytest.raises(UserError, match="chain0 includes more than 100 flagfiles, one in another"):
        flagfiles.expand(["--flagfile=chain0"])
    for index in range(50):  # doubling: 2^50 flags
        (tmp_path / f"twice{index}").write_text(f"--flagfile=twice{index + 1}\n" * 2)
    (tmp_path / "twice50").write_text("--a\n")
    with pytest.raises(UserError, match="twice0 has more than 10,000 flags"):
        flagfiles.expand(["--flagfile=twice0"])
    (tmp_path / "long").write_text("--a\n" * 10_000)
    assert flagfiles.expand(["--flagfile=long"]) == ["--a"] * 10_000
    (tmp_path / "longer").write_text("--a\n" * 200_000)
    with pytest.raises(UserError, match="longer has more than 10,000 flags"):
        flagfiles.expand(["--flagfile=longer"])
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(2**33)
    with pytest.raises(UserError, match="huge has more than 1,000,000 bytes"):
        flagfiles.expand(["--flagfile=huge"])
