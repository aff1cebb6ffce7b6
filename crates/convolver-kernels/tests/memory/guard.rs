//! Guard pages: machine code between two pages that crash whoever touches them.

use crate::job::Job;
use crate::support::{Exact, Random};
use crate::types::{Expected, samples};
use convolver_kernels::num_complex::Complex;
use convolver_kernels::{
    Band, Each, ElementType, Frame, InstructionSet, MatricesMut, MatrixMut, Phase, Planes, Span, Truth, View, ViewMut,
};
use std::slice;

/// Bytes that may be used, from page to page, with a forbidden page on either side.
struct Guarded {
    whole: *mut u8,
    page: usize,
    bytes: usize,
}

/// Where in its pages a slice lies.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Side {
    /// Its first element follows the forbidden page.
    First,
    /// Its last element precedes the forbidden page.
    Last,
}

const SIDES: [Side; 2] = [Side::First, Side::Last];

impl Guarded {
    fn new(bytes: usize) -> Self {
        // SAFETY: asks for a number.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        let bytes = bytes.next_multiple_of(page).max(page);
        let (anywhere, flags) = (std::ptr::null_mut(), libc::MAP_PRIVATE | libc::MAP_ANON);
        // SAFETY: new pages, wherever the system likes.
        let whole = unsafe { libc::mmap(anywhere, bytes + 2 * page, libc::PROT_NONE, flags, -1, 0) }.cast::<u8>();
        assert_ne!(whole.cast(), libc::MAP_FAILED, "{}", std::io::Error::last_os_error());
        // SAFETY: the pages between the first and the last are this map's.
        let allowed = unsafe { libc::mprotect(whole.add(page).cast(), bytes, libc::PROT_READ | libc::PROT_WRITE) };
        assert_eq!(allowed, 0, "{}", std::io::Error::last_os_error());
        Guarded { whole, page, bytes }
    }

    /// The first of `bytes` bytes that lie flush against a forbidden page.
    fn start(&mut self, side: Side, bytes: usize) -> *mut u8 {
        assert!(bytes <= self.bytes);
        let offset = if side == Side::First { 0 } else { self.bytes - bytes };
        // SAFETY: within the map.
        unsafe { self.whole.add(self.page + offset) }
    }

    /// `length` numbers flush against a forbidden page.
    fn slice<T: Copy>(&mut self, side: Side, numbers: &[T]) -> &mut [T] {
        let start = self.start(side, size_of_val(numbers)).cast::<T>();
        assert!(start.is_aligned());
        // SAFETY: the bytes from `start` on are readable, writable, borrowed with `self`, and set here.
        unsafe {
            start.copy_from_nonoverlapping(numbers.as_ptr(), numbers.len());
            slice::from_raw_parts_mut(start, numbers.len())
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: the whole map, which nothing uses any more.
        unsafe { libc::munmap(self.whole.cast(), self.bytes + 2 * self.page) };
    }
}

/// Pages for every operand of a band.
struct Pages {
    input: Guarded,
    weights: Guarded,
    phases: Guarded,
    columns: Guarded,
    target: Guarded,
}

fn run_guarded<L: Exact>(set: &'static InstructionSet, job: &Job<L>, pages: &mut Pages, side: Side, gap: usize) {
    let row_stride = job.outputs + gap;
    let length = (job.rows - 1) * row_stride + job.outputs;
    let target = pages.target.slice(side, &vec![L::canary(); length]);
    let band = Band {
        input: (&*pages.input.slice(side, &job.input)).into(),
        phases: pages.phases.slice(side, &job.phases),
        columns: pages.columns.slice(side, &job.columns),
        weights: pages.weights.slice(side, &job.weights),
        ..job.band()
    };
    set.band(&band, &mut MatrixMut::from_slice(target, job.rows, job.outputs, row_stride));
    let last = (job.rows - 1, job.outputs - 1);
    assert_eq!(target[length - 1], job.expected(last.0, last.1, L::canary()), "{}", job.describe(set));
}

fn bands<L: Exact>(set: &'static InstructionSet) {
    let mut random = Random(9);
    let room = || Guarded::new(1 << 18);
    let mut pages = Pages { input: room(), weights: room(), phases: room(), columns: room(), target: room() };
    let vector = set.lanes::<L>();
    for rows in 1..=8 {
        for outputs in (1..=2 * vector + 1).step_by((vector / 16).max(1)).chain([9 * vector, 9 * vector + 1]) {
            for side in SIDES {
                let phase_rows: Vec<_> = (0..random.within(1, 3)).map(|_| random.within(1, 7)).collect();
                let mut job = Job::<L>::random(&mut random, rows, outputs, &phase_rows);
                if side == Side::First {
                    // The first output's first tap is the first element of the input.
                    job.input.drain(..job.start);
                    job.start = 0;
                    job.columns[0] = 0;
                }
                let gap = random.below(3);
                run_guarded(set, &job, &mut pages, side, gap);
            }
        }
    }
}

#[test]
fn bands_stay_within_their_operands() {
    crate::for_every_lane!(bands);
}

/// Kernels of 3 × 3 taps over an input with zeros around it, every element of which is read.
fn frames<L: Exact>(set: &'static InstructionSet) {
    let (rows, vector) = (4, set.lanes::<L>());
    let (mut inputs, mut targets) = (Guarded::new(1 << 18), Guarded::new(1 << 18));
    let mut run =
        |side: Side, [matrices, columns]: [usize; 2], places: Span, row: usize, planes: bool, input: usize| {
            let input = inputs.slice(side, &vec![L::default(); input]);
            let weights = vec![L::default(); 9 * if planes { matrices } else { columns.next_multiple_of(vector) }];
            let shifts = [0, 1, 2];
            let frame = Frame {
                input: (&*input).into(),
                origin: 0,
                rows: Span { first: -1, step: 1, count: rows, pitch: row },
                places,
                phases: &[Phase { rows: 3, columns: 3 }],
                firsts: &[0],
                columns: &shifts.map(|shift| shift * places.pitch),
                shifts: &shifts,
                weights: &weights,
            };
            let target = targets.slice(side, &vec![L::canary(); matrices * rows * columns]);
            let (step, row_stride) = if planes { (rows * columns, columns) } else { (columns, matrices * columns) };
            let mut target = MatricesMut::from_slice(target, (matrices, step), (rows, row_stride), columns);
            if planes {
                let job = Planes { frame, input_step: rows * row, weight_step: 9, kernels: 1 };
                assert!(set.planes(&job, &mut target));
            } else {
                set.each(&Each { frame, shared: 1, step: 1 }, &mut target);
            }
        };
    for side in SIDES {
        for count in [1, 2, vector - 1, vector, vector + 1, 3 * vector + 1, 5 * vector - 1] {
            for step in 1..=3 {
                let seen = count * step;
                let places = Span { first: -1, step, count: seen, pitch: 1 };
                run(side, [2, count], places, seen, true, 2 * rows * seen);
                let places = Span { first: -1, step, count: 3 * step, pitch: count };
                run(side, [3, count], places, 3 * seen, false, rows * 3 * seen);
            }
        }
    }
}

#[test]
fn frames_stay_within_their_operands() {
    crate::for_every_lane!(frames);
}

fn views<W: Expected>() {
    let mut pages = Guarded::new(1);
    let (count, mut numbers) = (37, [W::default(); 37]);
    for &element in ElementType::ALL {
        let size = element.size();
        for (stride, swapped) in [(size, false), (size, true), (size + 1, false), (2 * size, false)] {
            for side in SIDES {
                let bytes = (count - 1) * stride + size;
                let start = pages.start(side, bytes);
                let strides = [stride as isize];
                if element.working() == W::TYPE {
                    // SAFETY: the run takes exactly the `bytes` bytes from `start` on.
                    let mut view = unsafe { ViewMut::from_raw(start, element, swapped, &[count], &strides) };
                    let number = W::of(samples(element)[0].1);
                    view.write(&[0], 0, &[number; 37]);
                    view.reversed(0).write(&[0], 0, &[number; 37]);
                }
                if element.kind() <= W::READS {
                    // SAFETY: as above, and nothing writes while the view lives.
                    let view = unsafe { View::from_raw(start, element, swapped, &[count], &strides) };
                    view.read(&[0], 0, 1, &mut numbers);
                    view.reversed(0).read(&[0], 0, 1, &mut numbers);
                    view.read(&[0], 0, 2, &mut numbers[..19]);
                    view.get(&[count - 1]);
                }
            }
        }
    }
}

#[test]
fn views_stay_within_their_elements() {
    views::<Truth>();
    views::<i16>();
    views::<i32>();
    views::<i64>();
    views::<f32>();
    views::<f64>();
    views::<Complex<f32>>();
    views::<Complex<f64>>();
}

/// That the guard works: a child that reads one byte past the end dies of it.
#[test]
fn a_touched_guard_is_fatal() {
    for side in SIDES {
        let mut pages = Guarded::new(1);
        let bytes = pages.bytes;
        let start = pages.start(side, bytes);
        // SAFETY: the child calls nothing but `_exit`; the address lies in the map, and touching it is the point.
        unsafe {
            let outside = if side == Side::First { start.sub(1) } else { start.add(bytes) };
            let child = libc::fork();
            if child == 0 {
                libc::signal(libc::SIGSEGV, libc::SIG_DFL);
                libc::signal(libc::SIGBUS, libc::SIG_DFL);
                outside.read_volatile();
                libc::_exit(0);
            }
            let mut status = 0;
            assert_eq!(libc::waitpid(child, &mut status, 0), child);
            assert!(libc::WIFSIGNALED(status), "a read outside must not pass unnoticed");
        }
    }
}
