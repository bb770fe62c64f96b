"""PPOCRV5ServerRec: load a `pp_ocrv5_server_rec` checkpoint and answer requests about images.

Generated from specs/models/pp_ocrv5_server_rec.yaml and specs/overlays/pp_ocrv5_server_rec.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:pp_ocrv5_server_rec`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "PaddlePaddle/PP-OCRv5_server_rec_safetensors"
ARCHITECTURE = "pp_ocrv5_server_rec"
TASK_TYPE = "text-recognition"


class TextRecognition(Handler):
    """Read the line of text that an image shows.

    Takes an image or a list of images.
    Returns `text`: for each image: the line.
    Returns `score`: for each image: how sure the model is of it.
    """

    task = "text-recognition"
    model_class = "PPOCRV5ServerRecForTextRecognition"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)
    batch_size = 1  # padding a batch would change the answers of this model

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        found = self.processor.post_process_text_recognition(self.model(**inputs))
        return {
            "text": [each["text"] for each in found],
            "score": [each["score"] if each["text"] else 0.0 for each in found],
        }


class ImageFeatureExtraction(Handler):
    """Turn an image into a vector that places like images close to each other.

    Takes an image or a list of images.
    Returns `embedding`: one vector of floats for each image, shape (batch, width).
    """

    task = "image-feature-extraction"
    model_class = "PPOCRV5ServerRecModel"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)
    batch_size = 1  # padding a batch would change the answers of this model
    unread = ("pooler",)

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        return {"embedding": self.pooled(self.model(**inputs).last_hidden_state).tolist()}


class hf_pp_ocrv5_server_rec(Skillset):
    """PPOCRV5ServerRec, loaded by path and called through the host's convention."""

    handlers = (
        TextRecognition,
        ImageFeatureExtraction,
    )
