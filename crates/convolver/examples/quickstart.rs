//! The first example of the README.

use convolver::{Axis, ElementType, Machine, Mode, Planner, Problem, View, ViewMut, convolve};
use ndarray::{Array1, Array2, array};

fn main() -> Result<(), convolver::Error> {
    let y = convolve(array![1.0, 2.0, 3.0].view(), array![0.0, 1.0, 0.5].view(), Mode::Same)?;
    assert_eq!(y, array![1.0, 2.5, 4.0].into_dyn());

    // A batch of 3 signals, every other output, planned once and run as often as needed.
    let axis = Axis::new(1000, 5).padded(2, 2).strided(2);
    let plan =
        Planner::new(Machine::detect()?).plan(&Problem::builder(ElementType::F32).batch(3).axis(axis).build()?)?;
    let (x, k, mut y) = (Array2::<f32>::ones((3, 1000)), Array1::<f32>::ones(5), Array2::<f32>::zeros((3, 500)));
    let prepared = plan.prepare(&View::from_array(&k.view().into_dyn()))?;
    prepared.run(&View::from_array(&x.view().into_dyn()), ViewMut::from_array(&mut y.view_mut().into_dyn()))?;
    assert_eq!(y[[2, 1]], 5.0);
    Ok(())
}
