//! Every boundary against its own words: NumPy's pad and SciPy's upfirdn, written as walks and recurrences.

use convolver::Boundary;
use convolver::problem::Sample;

/// The extension of x by walking step by step from the end that is passed.
fn expected(boundary: Boundary, x: &[f64], at: isize) -> Option<f64> {
    let (length, last) = (x.len() as isize, x.len() as isize - 1);
    if (0..length).contains(&at) {
        return Some(x[at as usize]);
    }
    let [first, end] = [x[0], x[last as usize]];
    let past = if at < 0 { -at } else { at - last } as f64;
    Some(match boundary {
        Boundary::Zero => 0.0,
        Boundary::Constant => return None,
        Boundary::Edge => {
            if at < 0 {
                first
            } else {
                end
            }
        }
        Boundary::Wrap => return expected(boundary, x, if at < 0 { at + length } else { at - length }),
        Boundary::Symmetric => return expected(boundary, x, if at < 0 { -1 - at } else { 2 * last + 1 - at }),
        Boundary::Antisymmetric => {
            return expected(boundary, x, if at < 0 { -1 - at } else { 2 * last + 1 - at }).map(|value| -value);
        }
        // An axis of one sample has no slope and nothing to reflect.
        _ if last == 0 => first,
        Boundary::Reflect => return expected(boundary, x, if at < 0 { -at } else { 2 * last - at }),
        Boundary::Antireflect => {
            let (hinge, mirrored) = if at < 0 { (first, -at) } else { (end, 2 * last - at) };
            return expected(boundary, x, mirrored).map(|value| 2.0 * hinge - value);
        }
        Boundary::Smooth if at < 0 => first + past * (first - x[1]),
        Boundary::Smooth => end + past * (end - x[last as usize - 1]),
        Boundary::Line => first + at as f64 * (end - first) / last as f64,
    })
}

#[test]
fn every_boundary_extends_as_its_words_say() {
    let samples = [3.0, -1.0, 4.0, 1.5, -9.25, 2.0, 6.0];
    for &boundary in Boundary::ALL {
        for length in 1..=samples.len() {
            let x = &samples[..length];
            for at in -40..=40 {
                let found = match boundary.sample(at, length) {
                    Sample::At(index) => Some(x[index]),
                    Sample::Zero => Some(0.0),
                    Sample::Fill => None,
                    Sample::Mix(terms) => Some(terms.iter().map(|&(index, weight)| weight * x[index]).sum()),
                };
                let expected = expected(boundary, x, at);
                let close = match (found, expected) {
                    (Some(found), Some(expected)) => (found - expected).abs() <= 1e-12 * (1.0 + expected.abs()),
                    (found, expected) => found == expected,
                };
                assert!(close, "{boundary} of {length} samples at {at}: {found:?}, not {expected:?}");
            }
        }
    }
}

#[test]
fn only_some_boundaries_combine_samples() {
    for &boundary in Boundary::ALL {
        let mixes = (-40..=40).any(|at| matches!(boundary.sample(at, 4), Sample::Mix(_)));
        assert_eq!(mixes, boundary.combines(), "{boundary}");
        assert_eq!(boundary.name().parse(), Ok(boundary));
    }
}
