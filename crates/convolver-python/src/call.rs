//! Calls: a request looked up among this thread's recent ones, and its plan run.
//!
//! The lookup compares everything a plan depends on but the kernel's values, so a hit needs no checking of arguments.

use crate::arguments::Choices;
use crate::arrays::{Array, Fresh};
use crate::errors::raised;
use convolver::front::{Arranged, Call, Notation, Recast};
use convolver::plan::{cached, cached_with, known_for};
use convolver::{Dims, ElementType, Error, Known, Method, Plan, Planner, Problem, View, ViewMut};
use pyo3::prelude::*;
use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

/// Recent requests kept by each thread. A direct-mapped table: a request has one place.
const KEPT: usize = 64;

thread_local! {
    static RECENT: RefCell<[Option<Arc<Request>>; KEPT]> = const { RefCell::new([const { None }; KEPT]) };
}

/// How the axes of the operands are told apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// By number, as `convolve` and `correlate` do.
    Axes(Option<Vec<isize>>),
    /// By name.
    Named { spec: String, sizes: Vec<(String, usize)> },
}

/// Shape and type of an operand.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Shaped {
    pub(crate) shape: Dims<usize>,
    pub(crate) element: ElementType,
}

impl Shaped {
    pub(crate) fn of(array: &Array<'_>) -> Self {
        Shaped { shape: Dims::from_slice(array.shape()), element: array.element }
    }
}

/// All that a plan depends on, the kernel's values aside.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Key {
    pub(crate) x: Shaped,
    pub(crate) k: Shaped,
    pub(crate) form: Form,
    pub(crate) choices: Choices,
}

impl Key {
    pub(crate) fn arrange(&self) -> Result<Arranged, Error> {
        let (x, k, options) = (&self.x, &self.k, &self.choices.options);
        match &self.form {
            Form::Axes(axes) => Call {
                x: (x.shape.to_vec(), x.element),
                k: (k.shape.to_vec(), k.element),
                axes: axes.clone(),
                options: options.clone(),
            }
            .arrange(),
            Form::Named { spec, sizes } => {
                Notation::parse(spec)?.arrange((&x.shape, x.element), (&k.shape, k.element), sizes, options)
            }
        }
    }

    fn is_of(&self, x: &Array<'_>, k: &Array<'_>, form: &Form, choices: &Choices) -> bool {
        self.is_shaped(x, k) && self.choices == *choices && self.form == *form
    }

    fn is_shaped(&self, x: &Array<'_>, k: &Array<'_>) -> bool {
        let same =
            |shaped: &Shaped, array: &Array<'_>| shaped.element == array.element && shaped.shape[..] == *array.shape();
        same(&self.x, x) && same(&self.k, k)
    }
}

/// The place of a request in the table: by what differs most between requests.
fn place(x: &Array<'_>, k: &Array<'_>, choices: &Choices) -> usize {
    let Choices { options, .. } = choices;
    let mut hasher = Folding::new();
    (x.shape(), x.element, k.shape(), &options.padding, &options.stride, options.flip).hash(&mut hasher);
    (hasher.0 >> 32) as usize % KEPT
}

/// One multiplication per word: the table is compared in full, so collisions only cost time.
pub(crate) struct Folding(u64);

impl Folding {
    pub(crate) fn new() -> Self {
        Folding(0x243F_6A88_85A3_08D3)
    }

    fn fold(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9E37_79B9_7F4A_7C15_u128;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }
}

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.fold(u64::from_ne_bytes(*word)));
        rest.iter().for_each(|&byte| self.fold(byte.into()));
    }

    fn write_u8(&mut self, value: u8) {
        self.fold(value.into());
    }

    fn write_usize(&mut self, value: usize) {
        self.fold(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.fold(value as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// How a caller's array becomes an operand of the problem.
pub(crate) struct Cast {
    recast: Recast,
    step: Step,
}

/// The usual recasts, which need no view in between.
enum Step {
    Nothing,
    /// Other order of axes; the operand's shape in it.
    Order(Dims<usize>),
    Anything,
}

impl Cast {
    /// For a caller's array of `axes` axes; `shape` is the operand's.
    pub(crate) fn new(recast: Recast, axes: usize, shape: Dims<usize>) -> Self {
        let step = if recast != Recast::reordered(recast.order.clone()) {
            Step::Anything
        } else if recast.order.iter().copied().eq(0..axes) {
            Step::Nothing
        } else {
            Step::Order(shape)
        };
        Cast { recast, step }
    }

    /// The operand. `array` must have the shape that the cast was made for.
    #[inline(always)]
    pub(crate) fn view<'a>(&self, array: &'a Array<'_>) -> View<'a> {
        match &self.step {
            Step::Nothing => array.view(),
            Step::Order(shape) => array.reordered(&self.recast.order, shape),
            Step::Anything => self.recast.view(&array.view()),
        }
    }
}

/// A result: its type and shape, and how the caller's array becomes the problem's.
pub(crate) struct Output {
    fresh: Fresh,
    recast: Recast,
    /// Shape and strides of a new array in the problem's order of axes, where only the order changes.
    ordered: Option<(Dims<usize>, Dims<isize>)>,
}

/// An array to write a result into.
pub(crate) enum Target<'py> {
    New(Bound<'py, PyAny>),
    Given(Array<'py>),
}

impl<'py> Target<'py> {
    pub(crate) fn into_object(self) -> Bound<'py, PyAny> {
        match self {
            Target::New(array) => array,
            Target::Given(array) => array.into_object(),
        }
    }
}

impl Output {
    pub(crate) fn of(py: Python<'_>, arranged: &Arranged) -> PyResult<Self> {
        let fresh = Fresh::of(py, arranged.problem.output, &arranged.output_shape)?;
        let recast = arranged.output.clone();
        let order = |order: &[usize]| {
            (
                order.iter().map(|&axis| fresh.shape[axis]).collect(),
                order.iter().map(|&axis| fresh.strides[axis]).collect(),
            )
        };
        let ordered = (recast == Recast::reordered(recast.order.clone())).then(|| order(&recast.order));
        Ok(Output { ordered, fresh, recast })
    }

    /// The array to write into: the caller's, checked, or a new one.
    #[inline]
    pub(crate) fn target<'py>(
        &self,
        py: Python<'py>,
        out: Option<Borrowed<'_, 'py, PyAny>>,
        operands: &[(&str, &Array<'_>)],
    ) -> PyResult<Target<'py>> {
        match out {
            None => self.fresh.array(py).map(Target::New),
            Some(object) => Array::output(object, self.fresh.element(), &self.fresh.shape, operands).map(Target::Given),
        }
    }

    /// The problem's output.
    ///
    /// # Safety
    /// `target` must come from `Output::target` and have no other view.
    #[inline(always)]
    pub(crate) unsafe fn view_mut<'a>(&self, target: &'a Target<'_>) -> ViewMut<'a> {
        match (target, &self.ordered) {
            // SAFETY: the caller's promise.
            (Target::New(array), Some((shape, strides))) => unsafe { self.fresh.view_mut(array, shape, strides) },
            (Target::New(array), None) => {
                // SAFETY: the caller's promise.
                let whole = unsafe { self.fresh.view_mut(array, &self.fresh.shape, &self.fresh.strides) };
                self.recast.view_mut(whole)
            }
            // SAFETY: the caller's promise; the array was checked.
            (Target::Given(array), _) => self.recast.view_mut(unsafe { array.view_mut() }),
        }
    }
}

/// A request that was made before.
pub(crate) struct Request {
    key: Key,
    problem: Problem,
    /// `None` where facts about the kernel's values may lead to another one.
    plan: Option<Arc<Plan>>,
    /// The plans that such facts have led to.
    plans: Mutex<Vec<(Known, Arc<Plan>)>>,
    swapped: bool,
    input: Cast,
    kernel: Cast,
    output: Output,
}

impl Request {
    fn new(py: Python<'_>, key: Key) -> PyResult<Self> {
        let arranged = key.arrange().map_err(raised)?;
        let output = Output::of(py, &arranged)?;
        let Arranged { problem, swapped, input, kernel, .. } = arranged;
        let (x, k) = (key.x.shape.len(), key.k.shape.len());
        let axes = if swapped { [k, x] } else { [x, k] };
        let measured = key.choices.method == Method::Measure;
        let plan =
            match cached(&problem, if measured { &Method::Auto } else { &key.choices.method }, key.choices.memory) {
                // Measuring takes time: once, with the kernel at hand, while other threads go on.
                Ok(_) if measured => None,
                Ok(plan) if !Planner::asks(&problem) => Some(plan),
                Ok(_) => None,
                // An algorithm for kernels of a certain kind has not seen the kernel yet.
                Err(Error::Refused { .. }) if matches!(key.choices.method, Method::Named(_)) => None,
                Err(error) => return Err(raised(error)),
            };
        Ok(Request {
            input: Cast::new(input, axes[0], problem.input_shape()),
            kernel: Cast::new(kernel, axes[1], problem.kernel_shape()),
            key,
            problem,
            plan,
            plans: Mutex::default(),
            swapped,
            output,
        })
    }

    /// The request that these operands make, from this thread's recent ones where it is among them.
    pub(crate) fn find(x: &Array<'_>, k: &Array<'_>, form: &Form, choices: &Choices) -> PyResult<Arc<Self>> {
        let place = place(x, k, choices);
        let known = RECENT.with_borrow(|recent| match &recent[place] {
            Some(request) if request.key.is_of(x, k, form, choices) => Some(request.clone()),
            _ => None,
        });
        match known {
            Some(known) => Ok(known),
            None => {
                let (form, choices) = (form.clone(), choices.clone());
                Self::make(place, x.python(), Key { x: Shaped::of(x), k: Shaped::of(k), form, choices })
            }
        }
    }

    /// Whether the operands have the shapes and types of this request.
    #[inline]
    pub(crate) fn is_shaped(&self, x: &Array<'_>, k: &Array<'_>) -> bool {
        self.key.is_shaped(x, k)
    }

    #[cold]
    fn make(place: usize, py: Python<'_>, key: Key) -> PyResult<Arc<Self>> {
        let request = Arc::new(Request::new(py, key)?);
        // What stood there before is dropped after the table is free again.
        drop(RECENT.with_borrow_mut(|recent| recent[place].replace(request.clone())));
        Ok(request)
    }

    /// The plan for this kernel.
    pub(crate) fn plan(&self, kernel: &View<'_>) -> Result<Arc<Plan>, Error> {
        match &self.plan {
            Some(plan) => Ok(plan.clone()),
            None => {
                let Choices { method, memory, .. } = &self.key.choices;
                let known = known_for(&self.problem, kernel, method);
                let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some((_, plan)) = plans.iter().find(|(facts, _)| *facts == known) {
                    return Ok(plan.clone());
                }
                let plan = cached_with(&self.problem, known, method, *memory)?;
                plans.push((known, plan.clone()));
                Ok(plan)
            }
        }
    }

    /// The operands in the problem's order of axes.
    #[inline(always)]
    pub(crate) fn operands<'a>(&self, x: &'a Array<'_>, k: &'a Array<'_>) -> (View<'a>, View<'a>) {
        let (x, k) = if self.swapped { (k, x) } else { (x, k) };
        (self.input.view(x), self.kernel.view(k))
    }

    /// Computes the request for these operands, which have its shapes and types.
    pub(crate) fn run<'py>(
        &self,
        x: &Array<'py>,
        k: &Array<'py>,
        out: Option<Borrowed<'_, 'py, PyAny>>,
        py: Python<'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (input, kernel) = self.operands(x, k);
        let found;
        let plan = match &self.plan {
            Some(plan) => plan,
            None => {
                found = py.detach(|| self.plan(&kernel)).map_err(raised)?;
                &found
            }
        };
        let target = self.output.target(py, out, &[("x", x), ("k", k)])?;
        // SAFETY: made or checked just now, and this is its only view.
        let output = unsafe { self.output.view_mut(&target) };
        let result = if plan.is_long() {
            py.detach(|| plan.run_once(&input, &kernel, output))
        } else {
            plan.run_once(&input, &kernel, output)
        };
        result.map_err(raised)?;
        Ok(target.into_object())
    }
}
