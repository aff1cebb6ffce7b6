//! Calls: a request looked up among this thread's recent ones, and its plan run.
//!
//! The lookup compares everything a plan depends on but the kernel's values, so a hit needs no checking of arguments.

use crate::arguments::Choices;
use crate::arrays::Array;
use crate::elements;
use crate::errors::raised;
use convolver::front::{Arranged, Call, Notation, Recast};
use convolver::plan::{cached, cached_for};
use convolver::{Dims, ElementType, Error, Method, Plan, Planner, Problem, View};
use pyo3::prelude::*;
use std::cell::RefCell;
use std::ffi::c_int;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Recent requests kept by each thread. A direct-mapped table: a request has one place.
const KEPT: usize = 64;

thread_local! {
    static RECENT: RefCell<[Option<Arc<Request>>; KEPT]> = const { RefCell::new([const { None }; KEPT]) };
}

/// How the axes of the operands are told apart.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
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
        Shaped { shape: array.shape.clone(), element: array.element }
    }
}

/// All that a plan depends on, the kernel's values aside.
#[derive(PartialEq, Eq, Hash, Debug)]
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

    fn place(&self) -> usize {
        let mut hasher = Folding(0);
        self.hash(&mut hasher);
        (hasher.0 >> 32) as usize % KEPT
    }
}

/// One multiplication per word: the table is compared in full, so collisions only cost time.
struct Folding(u64);

impl Folding {
    fn fold(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835_u128 % (1 << 96);
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
    /// The operand's shape, where only the order of the axes changes.
    reordered: Option<Dims<usize>>,
}

impl Cast {
    pub(crate) fn new(recast: Recast, shape: Dims<usize>) -> Self {
        let reordered = (recast == Recast::reordered(recast.order.clone())).then_some(shape);
        Cast { recast, reordered }
    }

    /// The operand. `array` must have the shape that the cast was made for.
    pub(crate) fn view<'a>(&self, array: &'a Array<'_>) -> View<'a> {
        match &self.reordered {
            Some(shape) => array.reordered(&self.recast.order, shape),
            None => self.recast.view(&array.view()),
        }
    }

    /// The operand to write.
    ///
    /// # Safety
    /// As `Array::view_mut`, and `array` must have the shape that the cast was made for.
    pub(crate) unsafe fn view_mut<'a>(&self, array: &'a Array<'_>) -> convolver::ViewMut<'a> {
        match &self.reordered {
            // SAFETY: the caller's promise; the order of a result names every axis.
            Some(shape) => unsafe { array.reordered_mut(&self.recast.order, shape) },
            // SAFETY: the caller's promise.
            None => self.recast.view_mut(unsafe { array.view_mut() }),
        }
    }
}

/// A result: its type and shape, and how the caller's array becomes the problem's.
pub(crate) struct Output {
    element: ElementType,
    number: c_int,
    shape: Vec<usize>,
    cast: Cast,
}

impl Output {
    pub(crate) fn of(py: Python<'_>, arranged: &Arranged) -> PyResult<Self> {
        let problem = &arranged.problem;
        Ok(Output {
            element: problem.output,
            number: elements::number(py, problem.output)?,
            shape: arranged.output_shape.clone(),
            cast: Cast::new(arranged.output.clone(), problem.output_shape()),
        })
    }

    /// The array to write into: the caller's, or a new one.
    pub(crate) fn array<'py>(
        &self,
        py: Python<'py>,
        out: Option<Borrowed<'_, 'py, PyAny>>,
        operands: &[(&str, &Array<'_>)],
    ) -> PyResult<Array<'py>> {
        match out {
            None => Array::new(py, self.element, self.number, &self.shape),
            Some(object) => Array::output(object, self.element, &self.shape, operands),
        }
    }

    /// # Safety
    /// `array` must come from `Output::array` and have no other view.
    pub(crate) unsafe fn view_mut<'a>(&self, array: &'a Array<'_>) -> convolver::ViewMut<'a> {
        // SAFETY: the caller's promise; `Output::array` made or checked the shape.
        unsafe { self.cast.view_mut(array) }
    }
}

/// A request that was made before.
pub(crate) struct Request {
    key: Key,
    problem: Problem,
    /// `None` where facts about the kernel's values may lead to another one.
    plan: Option<Arc<Plan>>,
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
        let plan = match cached(&problem, &key.choices.method, key.choices.memory) {
            Ok(plan) if !Planner::asks(&problem) => Some(plan),
            Ok(_) => None,
            // An algorithm for kernels of a certain kind has not seen the kernel yet.
            Err(Error::Refused { .. }) if matches!(key.choices.method, Method::Named(_)) => None,
            Err(error) => return Err(raised(error)),
        };
        Ok(Request {
            input: Cast::new(input, problem.input_shape()),
            kernel: Cast::new(kernel, problem.kernel_shape()),
            key,
            problem,
            plan,
            swapped,
            output,
        })
    }

    /// The request with this key, from this thread's recent ones where it is among them.
    pub(crate) fn find(py: Python<'_>, key: Key) -> PyResult<Arc<Self>> {
        let place = key.place();
        let known = RECENT.with_borrow(|recent| recent[place].clone());
        if let Some(known) = known
            && known.key == key
        {
            return Ok(known);
        }
        let request = Arc::new(Request::new(py, key)?);
        // What stood there before is dropped after the table is free again.
        drop(RECENT.with_borrow_mut(|recent| recent[place].replace(request.clone())));
        Ok(request)
    }

    /// The plan for this kernel.
    pub(crate) fn plan(&self, kernel: &View<'_>) -> Result<Arc<Plan>, Error> {
        match &self.plan {
            Some(plan) => Ok(plan.clone()),
            None => cached_for(&self.problem, kernel, &self.key.choices.method, self.key.choices.memory),
        }
    }

    /// The operands in the problem's order of axes.
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
        let plan = self.plan(&kernel).map_err(raised)?;
        let array = self.output.array(py, out, &[("x", x), ("k", k)])?;
        // SAFETY: made or checked just now, and this is its only view.
        let target = unsafe { self.output.view_mut(&array) };
        let result = if plan.is_long() {
            py.detach(|| plan.run_once(&input, &kernel, target))
        } else {
            plan.run_once(&input, &kernel, target)
        };
        result.map_err(raised)?;
        Ok(array.into_object())
    }
}
