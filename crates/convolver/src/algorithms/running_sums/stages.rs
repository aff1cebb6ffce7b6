//! Stages: which windows a long window is made of.

use std::collections::BTreeMap;

/// Windows of one length from shorter ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stage {
    /// Samples of the shorter window.
    pub(super) of: usize,
    /// How many of them, one after another.
    pub(super) windows: usize,
    /// Samples alone behind them.
    pub(super) alone: usize,
}

/// Sums that storing a stage costs as much as.
const STORED: usize = 2;
/// Windows that a stage adds at most.
const MOST: usize = 8;

impl Stage {
    /// Samples of the window that is made.
    pub(super) fn samples(self) -> usize {
        self.of * self.windows + self.alone
    }

    /// What it costs, in sums of loaded vectors.
    pub(super) fn cost(self) -> usize {
        self.windows + self.alone + STORED
    }
}

/// The cheapest stages for windows of so many samples, shortest first; none for one sample.
pub(super) fn of(samples: usize) -> Vec<Stage> {
    let mut last = BTreeMap::new();
    cheapest(samples, &mut last);
    let mut stages = Vec::new();
    let mut length = samples;
    while length > 1 {
        let (_, stage) = last[&length];
        stages.push(stage);
        length = stage.of;
    }
    stages.reverse();
    stages
}

/// The cost of windows of so many samples; fills in the last stage of every length on the way.
fn cheapest(samples: usize, last: &mut BTreeMap<usize, (usize, Stage)>) -> usize {
    if samples == 1 {
        return 0;
    }
    if let Some(&(cost, _)) = last.get(&samples) {
        return cost;
    }
    let best = (2..=samples.min(MOST))
        .map(|windows| {
            let of = samples / windows;
            let stage = Stage { of, windows, alone: samples - windows * of };
            (cheapest(of, last) + stage.cost(), stage)
        })
        .min_by_key(|&(cost, _)| cost)
        .expect("two samples are two windows of one");
    last.insert(samples, best);
    best.0
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn stages_lead_from_one_sample_to_all() {
        for samples in 1..3000 {
            let stages = of(samples);
            let reached = stages.iter().fold(1, |length, stage| {
                assert_eq!(stage.of, length, "{samples}: {stages:?}");
                stage.samples()
            });
            assert_eq!(reached, samples);
            let sums: usize = stages.iter().map(|stage| stage.windows + stage.alone).sum();
            assert!(sums as f64 <= 5.0 * (samples as f64).log2() + 1.0, "{samples}: {stages:?}");
        }
    }
}
