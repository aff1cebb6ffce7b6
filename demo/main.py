"""The demo: golden values, then every job on real data beside the usual ways, then a picture.

Run by `cargo xtask demo`; with `--quick` only the values are checked.
"""

import argparse
import time
from pathlib import Path

import convolver
import golden
import learning
import measure
import programs
from data import photograph, wave
from jobs import Job, all_jobs

SUMMARY = """\
convolver computes convolutions: it slides a small array of weights, the kernel, along a large array and
writes down the weighted sum at every place. That blurs and sharpens pictures, finds patterns in signals and
makes up most of a neural network. NumPy, SciPy and every network library have functions for it, each for some
layouts; here one engine takes them all and picks the method by itself.

You will see    1. results that public documents print, beside ours: whole numbers, so every digit must agree
                2. {count} jobs on photographs, handwritten digits and an electrocardiogram, each also done in the
                   usual ways with NumPy and SciPy: both times, their ratio, the largest difference
                3. programs that others wrote, run as they are and with every call served by this engine
                4. a network that learns to read digits on our calls, each step beside the usual way
                5. how the engine explains its choice{picture}
It takes about {length}.
"""
HEADER = f"{'':2} {'the usual way':<26} {'its time':>9} {'ours':>9} {'ratio':>7} {'difference':>11}"


def main() -> int:
    """Runs the demo; 0 if every value agrees."""
    parser = argparse.ArgumentParser(description="convolver on real data, beside the usual ways")
    parser.add_argument("--quick", action="store_true", help="check the values only: no timings, no picture")
    quick = parser.parse_args().quick
    jobs = all_jobs()
    length = "half a minute" if quick else "two minutes"
    picture = "" if quick else "\n                6. a picture of inputs and results"
    print(SUMMARY.format(count=len(jobs), picture=picture, length=length))
    start = time.perf_counter()

    print("1. Golden values\n")
    agree = golden.check()
    print("\n2. Jobs on real data\n")
    if not quick:
        print("ratio: how many times longer the usual way takes; below 1 it is the faster one.\n")
    print(HEADER)
    for number, job in enumerate(jobs, 1):
        agree &= run(job, f"{number}/{len(jobs)}", quick)

    print("\n3. Programs of others, unchanged, under patched()\n")
    if not quick:
        print(f"{'':33} {'as it is':>10} {'served':>10} {'ratio':>7} {'difference':>10}")
    for program in programs.all_programs():
        agree &= programs.run(program, quick)

    print("\n4. A network learns to read digits\n")
    agree &= learning.run(quick)

    print("\n5. Why this method? explain() shows what each would cost, and marks the choice:\n")
    print(convolver.explain(photograph(), wave(21, 10, 0.5), "valid", stride=2))
    if not quick:
        draw()
    print(f"\n{time.perf_counter() - start:.0f} s. {'Every value agrees.' if agree else 'NOT EVERY VALUE AGREES (✗).'}")
    return 0 if agree else 1


def run(job: Job, number: str, quick: bool) -> bool:
    """Prints a job's rows; whether our result agrees with everybody's."""
    measure.say(f"{job.title}: comparing results")
    differences = measure.differences(job)
    seconds = {} if quick else measure.seconds(job)
    measure.clear()
    print(f"\n   {number} {job.title}      convolver.{job.call}")
    agree = True
    for name, difference in differences.items():
        same = difference <= measure.allowed(job)
        agree &= same
        times = f"{'':>9} {'':>9} {'':>7}"
        if not quick:
            ratio = seconds[name] / seconds[""]
            times = f"{measure.duration(seconds[name]):>9} {measure.duration(seconds['']):>9} {ratio:>6.2f}×"
        print(f"{'✓' if same else '✗':2} {name:<26} {times} {difference:>11.1e}", flush=True)
    return agree


def draw() -> None:
    """Writes the picture."""
    # Imported here: the quick run has no use for matplotlib, which takes a while to load.
    from picture import draw as write

    target = Path(__file__).resolve().parent.parent / "demo-output" / "convolver.png"
    measure.say("drawing")
    write(target)
    measure.clear()
    print(f"\n6. Picture of inputs and results: {target.relative_to(target.parents[1])}")


if __name__ == "__main__":
    raise SystemExit(main())
