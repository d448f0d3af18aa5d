"""CSV tables as spreadsheets read them."""

import csv
import io

from ivaae_tf.plots.files import to_csv


def test_texts_are_inert_and_numbers_are_numbers():
    texts = ["=1+1.png", '=HYPERLINK("http:', "@a,b", "\x1b[31m\u2028", "-1", "a"]
    content = to_csv(("file", "-n"), [(text, -0.5) for text in texts] + [(None, -3)])
    header, *rows = csv.reader(io.StringIO(content.decode()))
    assert header == ["file", "'-n"]
    expected = ["'=1+1.png", "'=HYPERLINK(\"http:", "'@a,b", r"\x1b[31m\u2028", "-1", "a"]
    assert rows == [*([text, "-0.5"] for text in expected), ["", "-3"]]
    assert len(content.decode().splitlines()) == 8
