"""GAN and IVGAN: their steps against second writings, and what holds for every model."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.layers.interventions import BlockwiseIntervention
from ivaae_tf.layers.ivgan import SingleBlockIntervention
from ivaae_tf.models.build import build_model
from ivaae_tf.models.networks import NETWORKS
from ivaae_tf.models.optimizers import make_optimizers
from ivaae_tf.settings import Settings, SettingsError
from tests.conformance_table import PAPERS_NETWORKS
from tests.marks import slow_unless
from tests.small_models import assert_equal, random_images

METHODS = ("gan", "ivgan")
ALL = pytest.mark.parametrize("network", slow_unless(NETWORKS, PAPERS_NETWORKS))
BOTH = pytest.mark.parametrize("method", METHODS)
IMAGE_SHAPE = (16, 16, 1)
IMAGES = random_images(8, image_shape=IMAGE_SHAPE)


def build(method, network="fully_connected", rate=0.1, optimizer=keras.optimizers.SGD, **options):
    settings = {"latent_dim": 8, "width": 1 / 32, "seed": 3}
    if method == "ivgan":
        settings["encoder_steps"] = 2  # not 10, which are a graph of five times the size
    settings |= options
    model = build_model(method, network=network, image_shape=IMAGE_SHAPE, **settings)
    optimizers = [optimizer(rate) for _ in range(2 if method == "gan" else 3)]
    model.compile(*optimizers, jit_compile=False)
    return model


def binary_cross_entropy(logits, is_real):
    """Returns the mean cross-entropy of D's logit of real minus its logit of generated."""
    logit = logits[:, 1] - logits[:, 0]
    target = tf.fill(tf.shape(logit), 1.0 if is_real else 0.0)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(target, logit))


def descend(variables, tape, loss, rate=0.1):
    for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
        variable.assign_sub(rate * gradient)


@ALL
def test_a_step_of_gan_is_that_of_binary_cross_entropies(network):
    model, twin = build("gan", network), build("gan", network)
    logs = model.train_step(IMAGES)

    n = twin.noise(IMAGES)
    judge, generator = twin.divergence.discriminator, twin.decoder
    with tf.GradientTape() as of_d, tf.GradientTape() as of_g:
        fakes = generator(n, training=True)
        loss = binary_cross_entropy(judge(tf.stop_gradient(fakes)), is_real=False)
        loss += binary_cross_entropy(judge(IMAGES), is_real=True)
        # The program's cross-entropy is a mean over both kinds of images.
        with of_g.stop_recording():
            descend(judge.trainable_variables, of_d, loss, rate=0.05)
        of_generator = binary_cross_entropy(judge(fakes), is_real=True)
    descend(generator.trainable_variables, of_g, of_generator)
    assert float(logs["discriminator_cross_entropy"]) == pytest.approx(float(loss) / 2, rel=1e-5)
    assert float(logs["generator_loss"]) == pytest.approx(float(of_generator), rel=1e-5)
    assert_equal(model.get_weights(), twin.get_weights(), rtol=1e-4, atol=1e-6)


def test_a_step_of_ivgan_is_that_of_its_authors_losses():
    weights = {"latent_weight": 0.5, "reconstruction_weight": 2.0, "encoder_steps": 2}
    model, twin = build("ivgan", **weights), build("ivgan", **weights)
    logs = model.train_step(IMAGES)

    gamma, eta, encoder, generator = 0.5, 0.25 * 2.0, twin.encoder, twin.decoder
    judge, classify = twin.divergence.discriminator, twin.classifier.network

    def of_blocks(images, k):
        logits = tf.nn.log_softmax(classify(images))
        return -tf.reduce_mean(tf.gather(logits, k, batch_dims=1))

    z = encoder(IMAGES, training=False)
    z_k, k = twin.intervention(z)
    with tf.GradientTape() as of_d, tf.GradientTape() as of_c, tf.GradientTape() as of_g:
        fakes = generator(twin.noise(IMAGES), training=True)
        x_k, x_hat = generator(z_k, training=True), generator(z, training=True)
        d_loss = binary_cross_entropy(judge(tf.stop_gradient(fakes)), is_real=False)
        d_loss += binary_cross_entropy(judge(IMAGES), is_real=True)
        c_loss = gamma * of_blocks(tf.stop_gradient(x_k), k)
        with of_g.stop_recording():
            descend(judge.trainable_variables, of_d, d_loss, rate=0.05)
            descend(classify.trainable_variables, of_c, c_loss)
        image_error = tf.reduce_mean(tf.abs(IMAGES - x_hat))
        code_error = tf.reduce_mean(tf.abs(z_k - encoder(x_k, training=False)))
        loss = binary_cross_entropy(judge(fakes), is_real=True) - gamma * of_blocks(x_k, k)
        loss += eta * (image_error + code_error)
    descend(generator.trainable_variables, of_g, loss)
    for _ in range(2):
        with tf.GradientTape() as tape:
            z_k, k = twin.intervention(encoder(IMAGES, training=True))
            loss = gamma * of_blocks(generator(z_k, training=False), k)
        descend(encoder.trainable_variables, tape, loss)
    assert float(logs["image_error"]) == pytest.approx(float(image_error), rel=1e-5)
    assert float(logs["code_error"]) == pytest.approx(float(code_error), rel=1e-5)
    assert_equal(model.get_weights(), twin.get_weights(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("game", "sign"), [("helps", 1), ("opposes", -1)])
def test_the_encoder_helps_or_opposes_the_classifier(game, sign):
    model = build("ivgan", encoder_game=game, encoder_steps=1)
    state = model.intervention.random_state.numpy()

    def cross_entropy():
        model.intervention.random_state.assign(state)  # the same blocks and noise
        z_k, k = model.intervention(model.encoder(IMAGES, training=True))
        return float(model.classifier(model.decoder(z_k, training=False), k))

    before = cross_entropy()
    model.intervention.random_state.assign(state)
    model.encoder_step(IMAGES, IMAGES)
    assert sign * (cross_entropy() - before) < 0


def test_the_encoders_reconstruction_lowers_its_error():
    """With γ = 0, E descends the reconstruction alone."""
    model = build("ivgan", encoder_reconstruction=True, latent_weight=0.0, rate=1.0)

    def error():
        return float(tf.reduce_mean(tf.abs(IMAGES - model(IMAGES, training=True))))

    before = error()
    for _ in range(3):
        model.encoder_step(IMAGES, IMAGES)
    assert error() < before


@ALL
def test_without_interventions_and_cycles_ivgan_moves_as_gan(network):
    """γ = η = 0, bit for bit."""
    plain = build("gan", network)
    game = build("ivgan", network, latent_weight=0.0, reconstruction_weight=0.0)
    for step in range(3):
        images = random_images(8, seed=step, image_shape=IMAGE_SHAPE)
        logs, others = plain.train_step(images), game.train_step(images)
        for name in ("generator_loss", "discriminator_cross_entropy"):
            assert float(logs[name]) == float(others[name])
    for part in ("decoder", "divergence"):
        ours, theirs = (getattr(model, part).get_weights() for model in (plain, game))
        assert_equal(ours, theirs)
    assert_equal([plain.sample(4, 0)], [game.sample(4, 0)])


def test_single_blocks_are_not_complete_but_the_chain_is():
    """All O_k of z = (g, g) follow the prior, though z does not."""
    g = tf.random.stateless_normal((40_000, 1), [1, 2])
    z = tf.concat([g, g], axis=1)
    z_k, k = SingleBlockIntervention(2, seed=0)(z)
    for block in (0, 1):
        codes = tf.boolean_mask(z_k, k == block).numpy()
        # Five standard errors of the moments of about 20,000 codes.
        np.testing.assert_allclose(codes.mean(axis=0), 0, atol=5 / np.sqrt(19_000))
        np.testing.assert_allclose(np.cov(codes.T), np.eye(2), atol=5 * np.sqrt(2 / 19_000))
    rungs = BlockwiseIntervention(2, seed=0)(z).numpy()
    assert np.cov(rungs[0].T)[0, 1] > 0.9  # the chain begins with z itself
    for rung in rungs[1:]:
        np.testing.assert_allclose(np.cov(rung.T), np.eye(2), atol=5 * np.sqrt(2 / 40_000))


def test_each_code_has_its_own_block():
    z = tf.zeros((4000, 8)) + 7.0
    z_k, k = SingleBlockIntervention(4, seed=0)(z)
    is_replaced = z_k.numpy() != 7.0
    np.testing.assert_array_equal(is_replaced, np.repeat(np.arange(4), 2) == k.numpy()[:, None])
    counts = np.bincount(k, minlength=4)
    assert abs(counts - 1000).max() < 5 * np.sqrt(4000 * 3 / 16)  # five standard errors


@pytest.mark.parametrize("num_blocks", [0, 3])
def test_blocks_must_fit(num_blocks):
    with pytest.raises(ValueError, match="num_blocks must"):
        SingleBlockIntervention(num_blocks)(tf.zeros((2, 8)))


# What holds for every model.


def trained(method, network, jit_compile=None, policy="float32"):
    """Returns a model after two steps, and their logs; eager if `jit_compile` is None."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = build(method, network, rate=0.01)
    finally:
        keras.config.set_dtype_policy(before)
    step = model.train_step
    if jit_compile is not None:
        step = tf.function(step, jit_compile=jit_compile, autograph=False)
    logs = [step(tf.constant(random_images(8, seed, IMAGE_SHAPE))) for seed in (0, 1)]
    return model, {name: [float(log[name]) for log in logs] for name in logs[0]}


@pytest.fixture(scope="module")
def reference():
    return functools.cache(trained)


@ALL
@BOTH
def test_a_graph_computes_the_same(method, network, reference):
    model, logs = trained(method, network, jit_compile=False)
    expected, expected_logs = reference(method, network)
    for name, values in logs.items():
        np.testing.assert_allclose(values, expected_logs[name], rtol=1e-3, atol=1e-4, err_msg=name)
    assert_equal(model.get_weights(), expected.get_weights(), rtol=1e-3, atol=1e-4)


@BOTH
def test_xla_compiles_the_step(method):
    _, logs = trained(method, "fully_connected", jit_compile=True)
    assert np.isfinite(list(logs.values())).all()


@ALL
@BOTH
def test_bfloat16_agrees_within_ten_percent(method, network, reference):
    model, logs = trained(method, network, policy="mixed_bfloat16")
    _, expected = reference(method, network)
    assert model.decoder.layers[1].compute_dtype == "bfloat16"
    assert {weight.dtype for weight in model.trainable_variables} == {"float32"}
    for name in ("generator_loss", "discriminator_cross_entropy"):
        np.testing.assert_allclose(logs[name], expected[name], rtol=0.1)


@ALL
@BOTH
def test_a_loaded_model_goes_on_bit_for_bit(method, network, tmp_path):
    model, _ = trained(method, network)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    logs, expected = loaded.train_step(IMAGES), model.train_step(IMAGES)
    assert {name: float(value) for name, value in logs.items()} == {
        name: float(value) for name, value in expected.items()
    }
    assert_equal(loaded.get_weights(), model.get_weights())
    assert loaded.steps_trained == 3


def test_held_out_images_are_judged_by_the_discriminator():
    model = build("gan")
    model.reset_metrics()
    for images in (IMAGES[:5], IMAGES[5:]):
        logs = model.test_step(images)
    logits = model.divergence.discriminator(IMAGES).numpy()
    expected = np.mean(logits[:, 1] > logits[:, 0])
    assert float(logs["discriminator_accuracy_rung_1"]) == pytest.approx(expected)


@BOTH
def test_the_average_of_the_weights_follows_the_steps_of_the_decoder(method):
    model = build(method, ema_decay=0.5)
    before = model.decoder.get_weights()
    model.train_step(IMAGES)
    after = model.decoder.get_weights()
    with model.weight_average.in_use():
        averaged = model.decoder.get_weights()
    # The first factor is (1 + 0)/(10 + 0).
    expected = [0.1 * old + 0.9 * new for old, new in zip(before, after, strict=True)]
    assert_equal(averaged, expected, rtol=1e-5, atol=1e-6)


def test_rates_of_the_encoder_decay_after_as_many_epochs():
    """It takes ten steps for each step of the others."""
    settings = Settings(method="ivgan", lr_decay_epochs=(2,), lr_decay_factors=(0.5,))
    optimizers = make_optimizers(settings, steps_per_epoch=7)
    for name, steps in (("encoder", 140), ("decoder", 14), ("discriminator", 14)):
        schedule = optimizers[f"{name}_optimizer"]._learning_rate
        assert float(schedule(steps)) == pytest.approx(0.5 * float(schedule(steps - 2)))


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("gan", {"reconstruction_weight": 2.0}, "reconstruction_weight must have its default"),
        ("gan", {"posterior": "gaussian"}, "posterior must have its default, as gan does not use"),
        ("gan", {"num_bridges": 4}, "num_bridges must be 1 for gan"),
        ("gan", {"encoder_steps": 3}, "encoder_steps must not be set for gan"),
        ("ivgan", {"latent_dim": 9}, "num_bridges must divide latent_dim"),
        ("ivgan", {"encoder_game": "sleeps"}, "encoder_game must be one of helps, opposes"),
        ("ivgan", {"likelihood": "gaussian"}, "likelihood must have its default"),
        ("aae", {"encoder_game": "helps"}, "encoder_game must not be set for aae"),
    ],
)
def test_settings_that_do_not_fit_are_refused(method, options, message):
    with pytest.raises(SettingsError, match=message):
        build(method, **options)
