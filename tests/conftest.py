"""What all tests have in common."""

from __future__ import annotations

import os
import tempfile

import hypothesis

# A machine that is busy with something else is no reason to fail. (In CI, Hypothesis itself draws the same examples.)
hypothesis.settings.register_profile("unhurried", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("unhurried")

# No test makes a key in the home of whoever runs it.
os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="graphlink-tests-")
