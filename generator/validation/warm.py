"""What nearly every run of a generated test imports: the pool's server does it once, and then forks.

It decides nothing but the time a run takes; so what moves within transformers in a release may be missing.
"""

from __future__ import annotations

import contextlib
import importlib

OURS = ("generator.validation.run", "generator.validation.plugin", "generator.execution.checkpoint")
LIBRARIES = ("PIL.Image", "PIL.ImageDraw", "numpy", "pytest", "scipy.signal", "soundfile", "torch")
WITHIN_TRANSFORMERS = (
    "activations",
    "conversion_mapping",
    "generation.candidate_generator",
    "generation.utils",
    "image_processing_backends",
    "loss.loss_utils",
    "masking_utils",
    "modeling_layers",
    "modeling_utils",
    "models.auto.feature_extraction_auto",
    "models.auto.image_processing_auto",
    "models.auto.modeling_auto",
    "models.auto.processing_auto",
    "models.auto.tokenization_auto",
    "models.auto.video_processing_auto",
    "processing_utils",
    "tokenization_utils_sentencepiece",
    "tokenization_utils_tokenizers",
    "video_processing_utils",
)

for name in (*LIBRARIES, *OURS):
    importlib.import_module(name)
for name in WITHIN_TRANSFORMERS:
    with contextlib.suppress(ImportError):
        importlib.import_module(f"transformers.{name}")

with contextlib.suppress(ImportError):
    # Made with the first model, from a thousand regular expressions, and then kept.
    from transformers.conversion_mapping import get_checkpoint_conversion_mapping

    get_checkpoint_conversion_mapping("")
