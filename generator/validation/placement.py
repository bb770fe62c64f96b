"""The placement check: a model and its handler run as on a device that this machine does not have.

python -m generator.validation.placement bert --target cuda

They compute on the CPU, on tensors that claim the device (`claims`), and every operation is held against
torch's own rules for tensors of several devices (`device_rules`). So a tensor that was left behind, or sent
to a device by name, is found with the line that did it. What a device computes, how fast, and whether it
fits in its memory is not seen: *placement checked* is never *run*.
"""

from __future__ import annotations
