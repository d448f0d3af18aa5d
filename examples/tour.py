# %% [markdown]
# # A tour of `ivaae_tf`
#
# This notebook trains an adversarial auto-encoder, whose codes approach a Gaussian over a chain of
# bridge distributions, and shows reconstructions, new images, bridges and outlier detection. It runs
# in about half a minute on two cores. The data are scikit-learn's 1,797 handwritten digits.

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from ivaae_tf import FusedAdam, build_model
from ivaae_tf.metrics.features import FeatureSummary
from ivaae_tf.metrics.sample_scores import latent_score
from ivaae_tf.plots.images import image_grid

images = np.float32(load_digits().images[..., np.newaxis]) / 8 - 1  # (1797, 8, 8, 1) in [−1, 1]
train, held_out = train_test_split(images, test_size=297, random_state=0)


def show(batch, num_columns, title):
    """Shows images in [−1, 1], row by row."""
    levels = np.uint8(np.round(127.5 * (np.asarray(batch) + 1)))
    plt.figure(figsize=(6, 6 * len(levels) / num_columns**2 + 0.3))
    plt.imshow(image_grid(levels, num_columns, gap=1), cmap="gray")
    plt.title(title)
    plt.axis("off")
    plt.show()


# %% [markdown]
# ## Training a model
#
# `build_model` accepts the name of a method, and `compile` an optimizer for each of the encoder E,
# the decoder G and the discriminator D. The model is a `keras.Model` with Keras's `fit`, `evaluate`,
# `save` and callbacks.

# %%
model = build_model(
    "ivaae_radial",
    network="fully_connected",
    image_shape=(8, 8, 1),
    latent_dim=8,
    width=0.25,
    num_bridges=4,
    latent_weight=4.0,  # μ₂, the weight of the latent loss
    reconstruction_weight=16.0,  # λ; an image has few pixels
    seed=0,
)
model.compile(*(FusedAdam(rate, beta_1=0.5) for rate in (2e-3, 4e-3, 1e-3)))
history = model.fit(train, batch_size=64, epochs=40, verbose=0).history

figure, axes = plt.subplots(1, 2, figsize=(8, 2.5))
axes[0].plot(history["reconstruction_loss"])
axes[0].set(title="reconstruction loss", xlabel="epoch")
axes[1].plot(history["js_estimate"])
axes[1].axhline(0, color="gray", linewidth=0.5)
axes[1].set(title="JS estimate of the rungs, nats", xlabel="epoch")
plt.show()

# %% [markdown]
# ## Codes, reconstructions and new images
#
# A code is a point in 8 dimensions. The codes of all images should follow N(0, I); the Fréchet
# latent distance (FLD) measures how far they are from it. Even a perfect model scores above 0: its
# score is the expected FLD of an equal number of codes from the prior.

# %%
codes = model.encode(train).numpy()
summary = FeatureSummary(model.latent_dim)
summary.update(codes)
score = latent_score(summary)
print(f"FLD {score.value:.3f}; of the prior itself {score.conditions['expected_under_prior']:.3f}")

pairs = np.stack([held_out[:8], model(held_out[:8], training=False)])
show(pairs.reshape(16, 8, 8, 1), 8, "held-out images, and their reconstructions")
show(model.sample(32, seed=1), 8, "new images")

# %% [markdown]
# ## Bridges
#
# T_0(z) is the code itself, T_t(z) is noise, and the interventions in between mix both. The
# discriminator has to distinguish these distributions. Decoded, each row begins with an image and
# ends with an independent image.

# %%
rungs = model.intervention(model.encode(held_out[:6])).numpy()  # (t+1, 6, 8)
decoded = model.decode(rungs.swapaxes(0, 1).reshape(-1, model.latent_dim))
show(decoded, model.intervention.num_bridges + 1, "T_0(z), …, T_4(z) of six images")

# %% [markdown]
# ## Interpolation between images
#
# Interpolation is spherical, because codes from a Gaussian are near a sphere.

# %%
ends = model.encode(held_out[:10])
between = model.interpolate(ends[:5], ends[5:], num_images=8)
show(between.numpy().reshape(40, 8, 8, 1), 8, "walks between two images")

# %% [markdown]
# ## Outlier detection
#
# The model reconstructs images poorly if they differ from the training images. Here, digits with
# exchanged halves stand for defects.


# %%
def costs(batch):
    """Returns the sum of squared errors of each reconstruction."""
    return np.sum((batch - model(batch, training=False).numpy()) ** 2, axis=(1, 2, 3))


defects = np.roll(held_out, 4, axis=1)
threshold = np.quantile(costs(held_out), 0.95)
found = np.mean(costs(defects) > threshold)
print(f"{found:.0%} of the defects cost more than 95 % of the good images do")

# %% [markdown]
# The command line does the same for image files, with checkpoints, curves and scores: see
# `ivaae train --help`.
