"""Small models, and what tests of their programs do with them."""

import torch
import transformers

from skillset_runtime import exported
from skillset_runtime.resources import Resources

ENGINES = [("openvino", "CPU"), ("onnx", "CPUExecutionProvider")]


def saved(model, folder):
    model.save_pretrained(folder)
    return type(model), str(folder)


def opened(source, engine="openvino", device="CPU"):
    model_class, folder = source
    return exported.load(
        Resources(), lambda: model_class.from_pretrained(folder).eval(), folder, engine, device, "float32"
    )


def reference(source):
    return source[0].from_pretrained(source[1]).eval()


def programs(model):
    return model._exported_parts.programs


def ids(batch, length, seed=1):
    torch.manual_seed(seed)
    return {
        "input_ids": torch.randint(1, 49, (batch, length)),
        "attention_mask": torch.ones(batch, length).long(),
    }


def padded(batch, length):
    inputs = ids(batch, length)
    inputs["attention_mask"][0, length // 2 :] = 0
    return inputs


def refuse_export(monkeypatch, kind):
    """Have modules of a class not be exported."""
    export = exported.exporting.export

    def refusing(engine, module, *rest):
        if isinstance(module, kind):
            raise ValueError("no such operator\nand a long story")
        return export(engine, module, *rest)

    monkeypatch.setattr(exported.exporting, "export", refusing)


class Scaled(transformers.PreTrainedModel):
    """A model of one weight, which leaves what it is multiplied with as it is."""

    config_class = transformers.BertConfig

    def __init__(self, config):
        super().__init__(config)
        self.scale = torch.nn.Parameter(torch.ones(()))
        self.post_init()


def failing(asked, length, monkeypatch):
    """Have every program fail for texts of a length; what programs are asked goes into `asked`."""
    open_program = exported.exporting.opened

    def opened_to_fail(*given):
        program = open_program(*given)

        def run(**inputs):
            asked.append((given[1], inputs["input_ids"].shape[1]))
            if inputs["input_ids"].shape[1] == length:
                raise RuntimeError("Non-zero status code returned while running Gather node")
            return program(**inputs)

        return run

    monkeypatch.setattr(exported.exporting, "opened", opened_to_fail)
