//! Samples of a Gaussian and its derivatives.
//!
//! ```text
//! g(i) = exp(−i²/2σ²) / Σ_j exp(−j²/2σ²)        |i|, |j| ≤ radius
//! g⁽ⁿ⁾(i) = q_n(i)·g(i)        q₀ = 1        q_{n+1} = q_n' − (i/σ²)·q_n
//! ```

use crate::problem::Error;

/// The weights from −`radius` to `radius` of the derivative number `order`. The one of width 0 is an impulse.
pub fn gaussian_weights(sigma: f64, order: usize, radius: usize) -> Result<Vec<f64>, Error> {
    if !sigma.is_finite() || (sigma == 0.0 && order > 0) {
        return Err(Error::value(format!("sigma={sigma} has no Gaussian; use a positive number")));
    }
    let places = || (-(radius as isize)..=radius as isize).map(|place| place as f64);
    let bell = |place: f64| if place == 0.0 { 1.0 } else { (-0.5 * (place / sigma).powi(2)).exp() };
    let total: f64 = places().map(bell).sum();
    let mut factor = vec![1.0];
    for _ in 0..order {
        let mut next = vec![0.0; factor.len() + 1];
        for (power, &coefficient) in factor.iter().enumerate() {
            next[power + 1] -= coefficient / (sigma * sigma);
            if power > 0 {
                next[power - 1] += power as f64 * coefficient;
            }
        }
        factor = next;
    }
    let polynomial = |place: f64| factor.iter().rev().fold(0.0, |sum, &coefficient| sum * place + coefficient);
    Ok(places().map(|place| polynomial(place) * bell(place) / total).collect())
}

#[cfg(test)]
mod tests {
    use super::gaussian_weights;

    /// Σ iⁿ·g⁽ⁿ⁾(i) = (−1)ⁿ·n!, the moment that makes it a derivative.
    #[test]
    fn moments_are_those_of_derivatives() {
        for (order, factorial) in [1.0, 1.0, 2.0, 6.0].into_iter().enumerate() {
            let weights = gaussian_weights(3.0, order, 30).unwrap();
            let moment: f64 = (-30..=30).zip(&weights).map(|(i, g)| f64::from(i).powi(order as i32) * g).sum();
            assert!((moment - factorial * f64::from([1, -1][order % 2])).abs() < 1e-9, "{order}: {moment}");
        }
        assert_eq!(gaussian_weights(0.0, 0, 1).unwrap(), [0.0, 1.0, 0.0]);
        assert!(gaussian_weights(0.0, 1, 1).is_err() && gaussian_weights(f64::NAN, 0, 1).is_err());
    }
}
