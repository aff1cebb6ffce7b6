"""`convolver.numpy` where NumPy treats its two functions differently."""

import numpy as np
import pytest

import convolver.numpy


@pytest.mark.parametrize(("a", "v"), [(3, [1, 2]), ([1, 2], 3), (np.array(3), np.array(2))])
def test_numbers_are_convolved_and_not_correlated(a: object, v: object) -> None:
    assert np.array_equal(convolver.numpy.convolve(a, v), np.convolve(a, v))
    with pytest.raises(ValueError, match="object of too small depth"):
        np.correlate(a, v)
    with pytest.raises(ValueError, match="has no dimensions"):
        convolver.numpy.correlate(a, v)
