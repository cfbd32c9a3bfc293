"""``python -m rtcheck.synthetic OUT_DIR [--seed 1] [--only NAME]``: write the sample plans."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rtcheck.synthetic.sample_files import write_all, write_sample
from rtcheck.synthetic.samples import SAMPLES


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the samples asked for; what was written goes to stderr."""
    parser = argparse.ArgumentParser(prog="python -m rtcheck.synthetic", description="Write the sample plans as DICOM.")
    parser.add_argument("out_dir", type=Path, help="folder that gets one folder per sample")
    parser.add_argument("--seed", type=int, default=1, help="varies organs and UIDs (default 1)")
    parser.add_argument("--only", choices=list(SAMPLES), help="write this sample alone")
    options = parser.parse_args(arguments)
    if options.only is None:
        write_all(options.out_dir, options.seed, on_written=_report)
    else:
        _report(options.only, write_sample(options.only, options.out_dir / options.only, options.seed))
    return 0


def _report(name: str, files: tuple[Path, ...]) -> None:
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    sys.stderr.write(f"{name}: {len(files)} files, {megabytes:.1f} MB, {SAMPLES[name].description}\n")


if __name__ == "__main__":
    sys.exit(main())
