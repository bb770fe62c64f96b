"""FastSpeech2Conformer: load a `fastspeech2_conformer` checkpoint and answer requests about recordings.

Generated from specs/models/fastspeech2_conformer.yaml and specs/overlays/fastspeech2_conformer.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:fastspeech2_conformer`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_texts

MODEL_ID = "espnet/fastspeech2_conformer"
ARCHITECTURE = "fastspeech2_conformer"
TASK_TYPE = "text-to-spectrogram"


class TextToSpectrogram(Handler):
    """Read a text aloud as a spectrogram, which a vocoder makes audible.

    Takes a text or a list of texts.
    Returns `spectrogram`: for each text: floats, shape (frames, mel bins).
    """

    task = "text-to-spectrogram"
    model_class = "FastSpeech2ConformerModel"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)
    batch_size = 1  # spectrograms have lengths of their own

    def answer(self, texts: list[str]):
        inputs = self.tokenized(texts)
        return {"spectrogram": self.model(**inputs).spectrogram.tolist()}


class hf_fastspeech2_conformer(Skillset):
    """FastSpeech2Conformer, loaded by path and called through the host's convention."""

    handlers = (TextToSpectrogram,)

    unsupported = {
        "onnx": "it branches on the lengths that it predicts, which torch.export does not take",
        "openvino": "it branches on the lengths that it predicts, which torch.export does not take",
        "qualcomm": "it branches on the lengths that it predicts, which torch.export does not take",
        "webgpu": "it branches on the lengths that it predicts, which torch.export does not take",
        "webnn": "it branches on the lengths that it predicts, which torch.export does not take",
    }
