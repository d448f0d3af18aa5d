"""Texts of the page of the synthetic benchmark."""

from results.synthetic.cells import NUM_SEEDS, NUM_STEPS

INTRODUCTION = (
    "Data are made from true codes u ~ N(0, I) of d* dimensions by a map that a network can "
    "invert. So it is known what an ideal auto-encoder reaches: an SSE of 0 and, if its codes have "
    "as many dimensions as u (d = d*), the FLD of samples of the prior. If they have more, codes "
    "cannot fill the prior, like the codes of images. Then u itself, with zeros for the other "
    "dimensions, has an FLD of d − d*, and an encoder that comes closer must bend its codes into "
    "the other dimensions.",
    "**Prediction**, from a pilot with another program and other seeds: where codes cannot fill "
    "the prior (d > d*), an AAE drifts away and radial bridges hold; with d = d* nothing fails. "
    "It is confirmed if, with d = 64 and d* = 16, the FLD of more than half of the AAEs ends more "
    "than 10 % above its lowest value and the FLD of less than half of the radial IVAAEs does, "
    "both with their intervals, and if no run with d = d* fails. It is refuted if one of these "
    "intervals is on the other side, or if runs with d = d* fail.",
)
COURSES = (
    "FLD over the steps: the geometric mean of the seeds, and the middle 80 % of them. Dotted: "
    "u itself, with zeros for further dimensions."
)
RATIOS = (
    "FLD divided by the AAE's under the same conditions (left), and SSE (right), with 95 % "
    "intervals. The FLD of the AAE itself is in the tables."
)
COLUMNS = (
    "*FLD*: geometric mean over the seeds at the last step. *Samples*: Fréchet distance of decoded "
    "samples of the prior to the data, in the space of the data. *‖mean‖²* and *variance*: of the "
    "codes; 0 and 1 for the prior, and the variance is the mean over the coordinates. *Lowest*: "
    "geometric mean of the lowest FLD over the steps, at the median of its step; early steps "
    "reconstruct little yet. *Drift*: seeds whose FLD ends more than 10 % above their lowest. "
    "*Failures*: seeds whose last three FLDs have a median above d / 4, or are not finite; u "
    "itself fails by this measure where d > d*, so compare values there. Both have 95 % intervals "
    "by Clopper and Pearson. *JS*: the discriminator's estimate of the Jensen-Shannon divergence, "
    "in nats, over the last 50 steps; it is at most log(t+1). *Gradient*: norm of the encoder's "
    "gradient, over the same steps."
)
SETTING = (
    "x = yQ with y = u + 0.4 sin 2u and a random Q with orthonormal rows, one for each seed; x has "
    "2d dimensions. E is 2d-48-48-d, G d-48-48-2d, and D d-96-96-(t+1), with ReLU and Glorot's "
    "first weights. The last layer of E is scaled and shifted, so that the first codes have a mean "
    "variance of 1 and a mean of norm Δ.",
    f"Algorithm 1 with {NUM_STEPS:,} steps of 64 new points, the loss SSE + μ₂ · latent loss, and "
    "Adam (β = 0.5, 0.999) with learning rates of 1e-3 for E and G, and of 5e-4 for D, 5e-3 with "
    "*D × 10*; all are multiplied by 0.3 after 60 % of the steps and by 0.1 after 85 %. μ₂ is 4, "
    "unless a table gives another. Scores are of 4,096 fixed points, every 50 steps. "
    f"A cell has {NUM_SEEDS} seeds instead of the 50 that were planned, so that it takes about a "
    "minute. They are trained at once; each has its own data, weights and noise, "
    "and has the same data and first weights of E and G with all methods.",
    "An AAE with μ₂ = 2.5 pulls the mean of distant codes as hard as four radial bridges with "
    "μ₂ = 4, whose rungs have only cos(kπ/2t) of a code: the mean of cos² over k < t is 0.625 "
    "([near the prior it pulls differently](../overlap/README.md#the-encoders-gradient)). "
    "*4 prior samples a code* gives D as many samples of the prior as four bridges do. "
    "*Gradient penalty*: half the mean "
    "squared norm of the gradient of D's log odds is added to D's loss, at codes and samples of "
    "the prior. *Spectral norm*: each layer's weights are divided by their largest singular value "
    "(Miyato et al., 2018). *Instance noise*: N(0, I) is added to all inputs of D, with a factor "
    "that falls from 1 to 0 over the steps. The *random order* of blocks is one for each seed and "
    "batch.",
)
LIMITS = (
    "One kind of data, small networks and 1,200 steps: whether it holds for images is another "
    "question. Methods are compared at equal weights and not at equal SSE, so both numbers must be "
    "read together. Each remedy without bridges has one strength, which was not tuned. A spectral "
    "norm also makes the encoder's gradient smaller, and an AAE with a much lower weight was not "
    "run. Radial bridges with spectral norms were added after the other cells with d = 64 were "
    "seen. FLD compares means and covariances alone. Intervals are not corrected for their number."
)
