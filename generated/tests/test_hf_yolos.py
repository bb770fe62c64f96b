"""What YOLOS must answer about images: asked of the model itself, then of the skillset.

Generated from specs/models/yolos.yaml
by templates/tests/vision.py.j2.
Run it with `pytest generated/tests/test_hf_yolos.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import torch
import transformers
from PIL import Image as Picture

from skillset_runtime.samples import Image

MODEL_TYPE = "yolos"


def pictures(image):
    """A PIL image, an array, file bytes or a list of them, as RGB pictures."""
    if isinstance(image, list):
        return [pictures(each)[0] for each in image]
    if isinstance(image, bytes):
        image = Picture.open(BytesIO(image))
    elif not isinstance(image, Picture.Image):
        image = Picture.fromarray(image)
    return [image.convert("RGB")]


def object_detection(checkpoint):
    """The reference for object-detection: the model called straight through transformers."""
    processor = transformers.AutoImageProcessor.from_pretrained(checkpoint, backend="pil")
    model = transformers.AutoModelForObjectDetection.from_pretrained(checkpoint).eval()

    def answer(image, threshold=0.5):
        objects = []
        for picture in pictures(image):
            inputs = processor(picture, return_tensors="pt")
            with torch.inference_mode():
                outputs = model(**inputs)
            sizes = torch.tensor([picture.size[::-1]])
            (found,) = processor.post_process_object_detection(outputs, threshold, target_sizes=sizes)
            rows = zip(
                found["labels"].tolist(), found["scores"].tolist(), found["boxes"].tolist(), strict=True
            )
            objects.append(
                [
                    {"label": model.config.id2label[label], "score": score, "box": box}
                    for label, score, box in rows
                ]
            )
        return {"objects": objects}

    return answer, model, processor


OBJECT_DETECTION_REQUESTS = {
    "items": [{"image": Image("stripes")}, {"image": Image("disc")}, {"image": Image("ramp", size=(72, 40))}],
    "parameters": {"threshold": 0.0},  # random weights are sure of nothing
    "bad": {
        "missing": {"image": None},
        "number": {"image": 7},
        "no-such-file": {"image": "no/such/picture.png"},
    },
}


class TestImagesForObjectDetection:
    def test_takes_every_form_of_an_image(self, subject, same):
        answer = subject("object-detection").ask({"image": Image("disc")})
        for form in ("array", "png"):
            same(subject("object-detection").ask({"image": Image("disc", form=form)}), answer)

    def test_takes_every_colour_mode(self, subject, observe):
        for mode in ("L", "RGBA"):
            item = {"image": Image("ramp", mode=mode)}
            observe(f"object-detection/mode-{mode.lower()}", subject("object-detection").ask(item), item)


class TestObjectDetection:
    def test_leaves_out_what_scores_below_the_threshold(self, subject):
        ask, item = subject("object-detection").ask, {"image": Image("disc")}
        scores = [found["score"] for found in ask(item, {"threshold": 0.0})["objects"][0]]
        edges = [0.0, *sorted(set(scores)), 1.0]  # whether what scores the threshold itself stays differs
        for place in {0, len(edges) // 2 - 1, len(edges) - 2}:
            threshold = (edges[place] + edges[place + 1]) / 2
            kept = [found["score"] for found in ask(item, {"threshold": threshold})["objects"][0]]
            assert kept == [score for score in scores if score > threshold]

    def test_scales_boxes_to_the_image(self, subject, observe):
        item = {"image": Image("disc", size=(96, 80))}
        observe("object-detection/large", subject("object-detection").ask(item, {"threshold": 0.0}), item)


def image_feature_extraction(checkpoint):
    """The reference for image-feature-extraction: the model called straight through transformers."""
    processor = transformers.AutoImageProcessor.from_pretrained(checkpoint, backend="pil")
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()

    def answer(image):
        embedding = []
        for picture in pictures(image):
            inputs = processor(picture, return_tensors="pt")
            with torch.inference_mode():
                outputs = model(**inputs)
            features = outputs.last_hidden_state[0]
            embedding.append(features.mean(0 if features.ndim == 2 else (1, 2)).tolist())
        return {"embedding": embedding}

    return answer, model, processor


IMAGE_FEATURE_EXTRACTION_REQUESTS = {
    "items": [{"image": Image("stripes")}, {"image": Image("disc")}, {"image": Image("ramp", size=(72, 40))}],
    "parameters": {},
    "bad": {
        "missing": {"image": None},
        "number": {"image": 7},
        "no-such-file": {"image": "no/such/picture.png"},
    },
}


class TestImagesForImageFeatureExtraction:
    def test_takes_every_form_of_an_image(self, subject, same):
        answer = subject("image-feature-extraction").ask({"image": Image("disc")})
        for form in ("array", "png"):
            same(subject("image-feature-extraction").ask({"image": Image("disc", form=form)}), answer)

    def test_takes_every_colour_mode(self, subject, observe):
        for mode in ("L", "RGBA"):
            item = {"image": Image("ramp", mode=mode)}
            observe(
                f"image-feature-extraction/mode-{mode.lower()}",
                subject("image-feature-extraction").ask(item),
                item,
            )


REFERENCES = {
    "object-detection": object_detection,
    "image-feature-extraction": image_feature_extraction,
}
REQUESTS = {
    "object-detection": OBJECT_DETECTION_REQUESTS,
    "image-feature-extraction": IMAGE_FEATURE_EXTRACTION_REQUESTS,
}


@pytest.mark.parametrize("task", REQUESTS)
class TestEveryTask:
    """What holds for a task whatever it is; each request has its items, parameters and bad inputs."""

    def test_answers_one_item(self, subject, observe, task):
        item, parameters = REQUESTS[task]["items"][0], REQUESTS[task]["parameters"]
        observe(f"{task}/one", subject(task).ask(item, parameters), item, parameters)

    def test_answers_a_batch_like_its_items(self, subject, observe, task, same):
        items, parameters = REQUESTS[task]["items"], REQUESTS[task]["parameters"]
        together = subject(task).ask_batch(items, parameters)
        one_by_one = [subject(task).ask(item, parameters) for item in items]
        observe(f"{task}/batch", together, items, parameters)
        same(together, {key: [answer[key][0] for answer in one_by_one] for key in together})

    def test_gives_the_same_answer_again(self, subject, task):
        item, parameters = REQUESTS[task]["items"][0], REQUESTS[task]["parameters"]
        assert subject(task).ask(item, parameters) == subject(task).ask(item, parameters)

    def test_answers_from_async_code(self, subject, task, same):
        item, parameters = REQUESTS[task]["items"][0], REQUESTS[task]["parameters"]
        same(subject(task).ask_async(item, parameters), subject(task).ask(item, parameters))

    def test_every_input_reaches_the_model(self, subject, task, different):
        (item, other), parameters = REQUESTS[task]["items"][:2], REQUESTS[task]["parameters"]
        answer = subject(task).ask(item, parameters)
        for name in item:
            different(answer, subject(task).ask({**item, name: other[name]}, parameters))

    def test_refuses_bad_input(self, subject, observe, task):
        item, parameters = REQUESTS[task]["items"][0], REQUESTS[task]["parameters"]
        for name, bad in REQUESTS[task]["bad"].items():
            observe.refusal(
                f"{task}/bad-{name}", lambda bad=bad: subject(task).ask({**item, **bad}, parameters)
            )

    def test_survives_saving_and_loading(self, subject, task, same, tmp_path):
        item, parameters = REQUESTS[task]["items"][0], REQUESTS[task]["parameters"]
        subject(task).save(tmp_path)
        same(subject(task).reopened(tmp_path).ask(item, parameters), subject(task).ask(item, parameters))

    def test_cost_is_recorded(self, subject, task, measure):
        item, parameters = REQUESTS[task]["items"][0], REQUESTS[task]["parameters"]
        measure(task, lambda: subject(task).ask(item, parameters))
