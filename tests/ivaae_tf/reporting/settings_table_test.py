from ivaae_tf.reporting.settings_table import differences, format_value


def test_what_differs_and_what_is_shared(make_run):
    runs = [
        make_run("a", method="aae", epochs=2, seed=1),
        make_run("b", method="wae_gan", epochs=2, seed=1),
        make_run("c", method="aae", epochs=3, seed=1),
    ]
    differing, shared = differences(runs)
    assert differing == {"method": ("aae", "wae_gan", "aae"), "epochs trained": (2, 2, 3)}
    assert shared["seed"] == 1 and shared["data: fingerprint"] == "0123"
    assert "data: records" not in shared  # the location of the records


def test_values_in_words():
    values = (None, [], True, 0.00005, 60_000, [30, 50], {"train": 10}, "digits")
    assert [format_value(value) for value in values] == [
        *("–", "–", "yes", "5e-05", "60,000", "30, 50", "train 10", "digits")
    ]
