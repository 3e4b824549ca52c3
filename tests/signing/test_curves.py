"""Points on the curves of signing keys."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from icpgate.signing.curves import CURVES, Curve

NIST: dict[str, ec.EllipticCurve] = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}
SM2_GENERATOR = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)


def point_on(curve: Curve) -> tuple[int, int]:
    """A point that others made."""
    if curve.name == "sm2":
        return SM2_GENERATOR
    numbers = ec.derive_private_key(2023, NIST[curve.name]).public_key().public_numbers()
    return numbers.x, numbers.y


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_points_of_others_are_on_the_curve(curve: Curve) -> None:
    """The parameters are those of the standard."""
    assert curve.has(*point_on(curve))


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_a_curve_has_no_other_points(curve: Curve) -> None:
    """A neighbour is not on it, nor is the same point with a coordinate one prime further."""
    x, y = point_on(curve)
    assert not curve.has(x, y + 1)
    assert not curve.has(x + curve.prime, y)
    assert not curve.has(x, y + curve.prime)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_both_points_above_an_x_are_found(curve: Curve) -> None:
    """The root of the wanted parity."""
    x, y = point_on(curve)
    assert curve.lift(x, odd=y % 2 == 1) == y
    assert curve.lift(x, odd=y % 2 == 0) == curve.prime - y


def test_there_is_no_point_above_some_x() -> None:
    """The number that comes back then is not on the curve."""
    curve = CURVES[0]
    above = [curve.has(x, curve.lift(x, odd=True)) for x in range(20)]
    assert True in above
    assert False in above
