"""SLANet: load a `slanet` checkpoint and answer requests about images.

Generated from specs/models/slanet.yaml and specs/overlays/slanet.yaml
by templates/skillsets/vision.py.j2.
Change those and run `doit generate:slanet`; a change made here is reported and replaced.
"""

from copy import copy

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_images

MODEL_ID = "PaddlePaddle/SLANet_plus_safetensors"
ARCHITECTURE = "slanet"
TASK_TYPE = "table-recognition"


class TableRecognition(Handler):
    """Read the structure of the table that an image shows.

    Takes an image or a list of images.
    Returns `structure`: for each image: the table as HTML tags, without the text in its cells.
    Returns `score`: for each image: how sure the model is of it.
    """

    task = "table-recognition"
    model_class = "SLANetForTableRecognition"
    processor_class = "AutoImageProcessor"
    read = staticmethod(read_images)
    batch_size = 1  # the processor reads the first of a batch alone

    def answer(self, images):
        inputs = self.processor(images, return_tensors="pt").to(self.device)
        # A copy, since it keeps the model's answer, with which a processor cannot be saved.
        found = copy(self.processor).post_process_table_recognition(self.model(**inputs))
        return {"structure": ["".join(found["structure"])], "score": [found["structure_score"]]}


class hf_slanet(Skillset):
    """SLANet, loaded by path and called through the host's convention."""

    handlers = (TableRecognition,)
