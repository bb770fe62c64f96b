"""What Swin Transformer V2 must answer about images: asked of the model itself, then of the skillset.

Generated from specs/models/swinv2.yaml and specs/overlays/swinv2.yaml
by templates/tests/vision.py.j2.
Run it with `pytest generated/tests/test_hf_swinv2.py --target reference` or `--target skillset`.
"""

from io import BytesIO

import pytest
import torch
import transformers
from PIL import Image as Picture

from skillset_runtime.samples import Image

MODEL_TYPE = "swinv2"


def pictures(image):
    """A PIL image, an array, file bytes or a list of them, as RGB pictures."""
    if isinstance(image, list):
        return [pictures(each)[0] for each in image]
    if isinstance(image, bytes):
        image = Picture.open(BytesIO(image))
    elif not isinstance(image, Picture.Image):
        image = Picture.fromarray(image)
    return [image.convert("RGB")]


def image_classification(checkpoint):
    """The reference for image-classification: the model called straight through transformers."""
    processor = transformers.AutoImageProcessor.from_pretrained(checkpoint, backend="pil")
    model = transformers.AutoModelForImageClassification.from_pretrained(checkpoint).eval()

    def answer(image, top_k=5):
        inputs = processor(pictures(image), return_tensors="pt")
        with torch.inference_mode():
            probabilities = torch.softmax(model(**inputs).logits, dim=-1)
        labels = []
        for row in probabilities.tolist():
            best = sorted(range(len(row)), key=row.__getitem__, reverse=True)[:top_k]
            labels.append([{"label": model.config.id2label[index], "score": row[index]} for index in best])
        return {"labels": labels}

    return answer, model, processor


IMAGE_CLASSIFICATION_REQUESTS = {
    "items": [{"image": Image("stripes")}, {"image": Image("disc")}, {"image": Image("ramp", size=(72, 40))}],
    "parameters": {},
    "bad": {
        "missing": {"image": None},
        "number": {"image": 7},
        "no-such-file": {"image": "no/such/picture.png"},
    },
}


class TestImagesForImageClassification:
    def test_takes_every_form_of_an_image(self, subject, same):
        answer = subject("image-classification").ask({"image": Image("disc")})
        for form in ("array", "png"):
            same(subject("image-classification").ask({"image": Image("disc", form=form)}), answer)

    def test_takes_every_colour_mode(self, subject, observe):
        for mode in ("L", "RGBA"):
            item = {"image": Image("ramp", mode=mode)}
            observe(
                f"image-classification/mode-{mode.lower()}", subject("image-classification").ask(item), item
            )


class TestImageClassification:
    def test_returns_as_many_labels_as_asked_for(self, subject, observe):
        item = {"image": Image("disc")}
        answer = subject("image-classification").ask(item, {"top_k": 1})
        observe("image-classification/top-k", answer, item, {"top_k": 1})
        assert len(answer["labels"][0]) == 1


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


def image_feature_maps(checkpoint):
    """The reference for image-feature-maps: the model called straight through transformers."""
    processor = transformers.AutoImageProcessor.from_pretrained(checkpoint, backend="pil")
    model = transformers.Swinv2Backbone.from_pretrained(checkpoint).eval()

    def answer(image):
        maps = []
        for picture in pictures(image):
            inputs = processor(picture, return_tensors="pt")
            with torch.inference_mode():
                outputs = model(**inputs)
            maps.append([stage[0].tolist() for stage in outputs.feature_maps])
        return {"feature_maps": maps}

    return answer, model, processor


IMAGE_FEATURE_MAPS_REQUESTS = {
    "items": [{"image": Image("stripes")}, {"image": Image("disc")}, {"image": Image("ramp", size=(72, 40))}],
    "parameters": {},
    "bad": {
        "missing": {"image": None},
        "number": {"image": 7},
        "no-such-file": {"image": "no/such/picture.png"},
    },
}


class TestImagesForImageFeatureMaps:
    def test_takes_every_form_of_an_image(self, subject, same):
        answer = subject("image-feature-maps").ask({"image": Image("disc")})
        for form in ("array", "png"):
            same(subject("image-feature-maps").ask({"image": Image("disc", form=form)}), answer)

    def test_takes_every_colour_mode(self, subject, observe):
        for mode in ("L", "RGBA"):
            item = {"image": Image("ramp", mode=mode)}
            observe(f"image-feature-maps/mode-{mode.lower()}", subject("image-feature-maps").ask(item), item)


def masked_image_modeling(checkpoint):
    """The reference for masked-image-modeling: the model called straight through transformers."""
    processor = transformers.AutoImageProcessor.from_pretrained(checkpoint, backend="pil")
    model = transformers.AutoModelForMaskedImageModeling.from_pretrained(checkpoint).eval()

    def answer(image, hidden=0.5, pattern=0):
        assert 0 < hidden < 1
        made, masks = [], []
        for picture in pictures(image):
            inputs = processor(picture, return_tensors="pt")
            height, width = (side // model.config.patch_size for side in inputs["pixel_values"].shape[-2:])
            numbers = torch.rand(height * width, generator=torch.Generator().manual_seed(pattern)).tolist()
            order = sorted(range(len(numbers)), key=numbers.__getitem__)
            mask = [False] * len(numbers)
            for patch in order[: max(1, round(hidden * len(numbers)))]:
                mask[patch] = True
            with torch.inference_mode():
                outputs = model(**inputs, bool_masked_pos=torch.tensor([mask]))
            made.append(outputs.reconstruction[0].movedim(0, -1).tolist())
            masks.append(mask)
        return {"image": made, "mask": masks}

    return answer, model, processor


MASKED_IMAGE_MODELING_REQUESTS = {
    "items": [{"image": Image("stripes")}, {"image": Image("disc")}, {"image": Image("ramp", size=(72, 40))}],
    "parameters": {},
    "bad": {
        "missing": {"image": None},
        "number": {"image": 7},
        "no-such-file": {"image": "no/such/picture.png"},
    },
}


class TestImagesForMaskedImageModeling:
    def test_takes_every_form_of_an_image(self, subject, same):
        answer = subject("masked-image-modeling").ask({"image": Image("disc")})
        for form in ("array", "png"):
            same(subject("masked-image-modeling").ask({"image": Image("disc", form=form)}), answer)

    def test_takes_every_colour_mode(self, subject, observe):
        for mode in ("L", "RGBA"):
            item = {"image": Image("ramp", mode=mode)}
            observe(
                f"masked-image-modeling/mode-{mode.lower()}", subject("masked-image-modeling").ask(item), item
            )


class TestMaskedImageModeling:
    def test_another_seed_hides_other_patches(self, subject, different):
        ask, item = subject("masked-image-modeling").ask, {"image": Image("disc")}
        different(ask(item, {"pattern": 1}), ask(item, {"pattern": 2}))

    def test_refuses_to_hide_everything(self, subject, observe):
        item = {"image": Image("disc")}
        observe.refusal(
            "masked-image-modeling/all-hidden",
            lambda: subject("masked-image-modeling").ask(item, {"hidden": 1.0}),
        )

    def test_hides_one_patch_at_least(self, subject):
        ask, item = subject("masked-image-modeling").ask, {"image": Image("disc")}
        assert sum(ask(item, {"hidden": 0.001})["mask"][0]) == 1
        with pytest.raises((ValueError, AssertionError)):
            ask(item, {"hidden": 0.0})


REFERENCES = {
    "image-classification": image_classification,
    "image-feature-extraction": image_feature_extraction,
    "image-feature-maps": image_feature_maps,
    "masked-image-modeling": masked_image_modeling,
}
REQUESTS = {
    "image-classification": IMAGE_CLASSIFICATION_REQUESTS,
    "image-feature-extraction": IMAGE_FEATURE_EXTRACTION_REQUESTS,
    "image-feature-maps": IMAGE_FEATURE_MAPS_REQUESTS,
    "masked-image-modeling": MASKED_IMAGE_MODELING_REQUESTS,
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
