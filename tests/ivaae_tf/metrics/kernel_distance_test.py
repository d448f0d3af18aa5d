"""The kernel distance against loops in NumPy, its unbiasedness, and its error over draws."""

import numpy as np
import pytest

from ivaae_tf.metrics.kernel_distance import kernel_distance


def _unbiased_by_loops(first, second):
    dim, size = first.shape[1], len(first)

    def kernel(x, y):
        return (float(np.dot(x, y)) / dim + 1) ** 3

    total = 0.0
    for i in range(size):
        for j in range(size):
            if i != j:
                total += kernel(first[i], first[j]) / (size * (size - 1))
                total += kernel(second[i], second[j]) / (size * (size - 1))
            total -= 2 * kernel(first[i], second[j]) / size**2
    return total


def test_equals_loops_over_the_same_subsets():
    random = np.random.default_rng(0)
    first, second = random.normal(size=(60, 5)), random.normal(0.5, 1.2, (50, 5))
    subsets = np.random.default_rng(7)
    expected = [
        _unbiased_by_loops(
            first[subsets.choice(60, 20, replace=False)],
            second[subsets.choice(50, 20, replace=False)],
        )
        for _ in range(3)
    ]
    result = kernel_distance(first, second, num_subsets=3, subset_size=20, seed=7)
    np.testing.assert_allclose(result.value, np.mean(expected), rtol=1e-10)
    assert (result.num_subsets, result.subset_size) == (3, 20)


def test_is_a_function_of_its_seed():
    random = np.random.default_rng(1)
    first, second = random.normal(size=(2, 80, 4))
    same = [kernel_distance(first, second, 10, 20, seed=3) for _ in range(2)]
    assert same[0] == same[1]
    assert kernel_distance(first, second, 10, 20, seed=4) != same[0]


def _distances(shift, draws=150, count=400):
    random = np.random.default_rng(2)
    return [
        kernel_distance(
            random.normal(size=(count, 8)),
            random.normal(shift, 1.0, (count, 8)),
            num_subsets=20,
            subset_size=100,
            seed=draw,
        )
        for draw in range(draws)
    ]


def test_is_zero_on_average_for_equal_distributions_and_its_error_errs_upwards():
    results = _distances(0.0)
    values = np.array([result.value for result in results])
    # 4 standard errors of an average of 150. The biased estimator is ≈ 30 of them away.
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(150)
    assert (values < 0).any()
    assert np.mean([result.standard_error for result in results]) > values.std()


def test_standard_error_is_the_spread_over_repeated_draws():
    results = _distances(1.0)
    spread = np.std([result.value for result in results])
    # Both are estimates: the spread over 150 draws has an error of 6 %, the formula of order m/n.
    np.testing.assert_allclose(
        np.mean([result.standard_error for result in results]), spread, rtol=0.25
    )


def test_expectation_in_closed_form():
    # One dimension, x ~ N(0, 1), y ~ N(s, 1): (xy + 1)³ is a sum of products of raw moments, so
    # MMD² = Σ_k C(3, k) (E x^k − E y^k)², with moments 1, s, s² + 1, s³ + 3s.
    shift = 0.7
    moments = np.array([1, 0, 1, 0]), np.array([1, shift, shift**2 + 1, shift**3 + 3 * shift])
    exact = np.sum(np.array([1, 3, 3, 1]) * (moments[0] - moments[1]) ** 2)
    random = np.random.default_rng(3)
    first, second = random.normal(size=(40_000, 1)), random.normal(shift, 1, (40_000, 1))
    result = kernel_distance(first, second)
    assert abs(result.value - exact) < 4 * result.standard_error
    assert result.standard_error < 0.1 * exact


def test_subsets_are_at_most_half_of_the_smaller_set():
    random = np.random.default_rng(4)
    result = kernel_distance(random.normal(size=(30, 2)), random.normal(size=(500, 2)))
    assert result.subset_size == 15
    assert np.isfinite(result.standard_error)


def test_diverged_features_score_nan():
    features = np.zeros((10, 2))
    for value in (np.nan, np.inf):
        assert np.isnan(kernel_distance(features, np.full((10, 2), value)).value)


@pytest.mark.parametrize(
    ("first", "second", "arguments", "message"),
    [
        ((10, 2), (10, 3), {}, r"\(10, 2\), \(10, 3\)"),
        ((3, 2), (10, 2), {}, "Received: 3, 100 and 1000"),
        ((10, 2), (10, 2), {"num_subsets": 1}, "Received: 10, 1 and"),
        ((10, 2), (10, 2), {"subset_size": 1}, "and 1$"),
    ],
)
def test_refuses_what_has_no_distance(first, second, arguments, message):
    with pytest.raises(ValueError, match=message):
        kernel_distance(np.zeros(first), np.zeros(second), **arguments)
