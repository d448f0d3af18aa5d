import dataclasses

from ivaae_tf.reporting.settings_table import format_value, notable, settings_blocks
from ivaae_tf.settings import Settings


def test_what_differs_between_runs_is_shown(make_run):
    runs = [
        make_run("a", method="aae", epochs=2, seed=1),
        make_run("b", method="wae_gan", epochs=2, seed=1),
        make_run("c", method="aae", epochs=3, seed=1),
    ]
    shown, others = notable(runs)
    assert shown["method"] == ("aae", "wae_gan", "aae")
    assert shown["epochs trained"] == (2, 2, 3)
    assert shown["seed"] == (1, 1, 1)  # The default is 0.
    assert others["jit_compile"] is False and others["data: fingerprint"] == "0123"
    assert "data: records" not in shown | others  # the location of the records


def test_a_changed_setting_is_shown_and_a_default_is_folded(make_run):
    run = make_run()
    # With t = 9, the default of the latent weight is 2/(9+1).
    settings = Settings(method="ivaae_radial", num_bridges=9, batch_size=32)
    assert settings.latent_weight == 0.2
    run = dataclasses.replace(run, record=dataclasses.replace(run.record, settings=settings))
    shown, others = notable([run])
    assert shown == {"num_bridges": (9,), "batch_size": (32,)}
    assert others["latent_weight"] == 0.2 and others["parameters: encoder"] == 10
    _, table, folded = settings_blocks([run])
    assert "| batch_size" not in folded.replace("\\", "") and "| 32 |" in table
    assert folded.startswith("<details>") and "latent" in folded


def test_runs_with_default_settings_have_only_a_fold(make_run):
    run = make_run()
    default = dataclasses.replace(run.record, settings=Settings(method="aae"))
    run = dataclasses.replace(run, record=default)
    text, folded = settings_blocks([run])
    assert text == "All settings have the defaults of the method."
    assert folded.startswith("<details>")
    text, _ = settings_blocks([run, run])
    assert "no setting or fact differs" in text


def test_values_in_words():
    values = (None, [], True, 0.00005, 60_000, [30, 50], {"train": 10}, "digits")
    assert [format_value(value) for value in values] == [
        *("–", "–", "yes", "5e-05", "60,000", "30, 50", "train 10", "digits")
    ]
