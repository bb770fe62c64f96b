"""The model types that tests run: one or two of each family. All of them are run by `doit validate`."""

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
