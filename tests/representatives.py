"""The model types that tests run: one or two of each family. All of them are run by `doit validate`."""

ONE_OF_EACH_FAMILY = ("bert", "gpt2", "llava", "patchtst", "t5", "vit", "wav2vec2")
"""Those that CI runs on every hardware target that it has."""

REPRESENTATIVES = (
    "bert",
    "clip",
    "detr",
    "gpt2",
    "llava",
    "patchtst",
    "t5",
    "vit",
    "wav2vec2",
    "whisper",
)
