"""The typed, frozen form of every YAML under `specs/`: what a fact may be, and nothing of any one model."""

from __future__ import annotations

import keyword
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints


def _not_pythons(name: str) -> str:
    if keyword.iskeyword(name) or (name.startswith("__") and name.endswith("__")):
        raise ValueError("Python uses this word itself")
    return name


Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Identifier = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$"), AfterValidator(_not_pythons)
]
Url = Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]


class Frozen(BaseModel):
    """Facts do not change once loaded, and a key that nobody declared is a mistake, not an extension."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Modality(StrEnum):
    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    SERIES = "series"


class ProcessorKind(StrEnum):
    """What turns a person's input into tensors; the auto class follows from the kind."""

    TOKENIZER = "tokenizer"
    IMAGE_PROCESSOR = "image_processor"
    FEATURE_EXTRACTOR = "feature_extractor"
    VIDEO_PROCESSOR = "video_processor"
    PROCESSOR = "processor"


class ProcessorClass(Frozen):
    """One processor class of a model type, with the back end it needs where there are several."""

    kind: ProcessorKind
    class_name: Identifier
    backend: Name | None = None


class TaskBinding(Frozen):
    """How a model type serves one task: the class, the auto class that finds it, its `forward`."""

    auto_class: Identifier | None = Field(
        default=None, description="absent where transformers has no auto class for this head"
    )
    model_class: Identifier
    template: Identifier = Field(description="which way of serving the task this is; see specs/tasks/")
    inputs: dict[Identifier, str] = Field(description="`forward` parameters and their annotations")
    outputs: dict[Identifier, str] = Field(default={}, description="fields of the output class, and types")
    checkpoint: str | None = Field(
        default=None, description="a checkpoint for this task, if the docs name one"
    )
    batching: str | None = Field(
        default=None, pattern="^(padded|single)$", description="where this task differs from its model type"
    )


class TinyConfig(Frozen):
    """What the general rules of tiny checkpoints cannot know about this model type."""

    config: dict[str, Any] = Field(default={}, description="config fields, nested for sub-configs")
    processor: dict[str, Any] = Field(default={}, description="arguments of the processor, nested by kind")
    generation: dict[str, Any] = Field(default={}, description="fields of the generation config")
    files: dict[Name, Any] = Field(
        default={}, description="what the class loads with `torch.load` beside its weights: file → content"
    )
    seed: int = Field(
        default=20,
        description="of the random weights; some make a model that says nothing or always the same",
    )


class ModelSpec(Frozen):
    """Everything the toolchain knows about one model type; `provenance` says where each fact came from."""

    model_type: Name
    title: str
    family: Name
    docs_page: str | None = None
    package: Identifier = Field(description="the folder under transformers/models")
    released: date | None = None
    added: date | None = Field(default=None, description="the day it was added to transformers")
    paper: Url | None = None
    checkpoint: str = Field(description="the default checkpoint, the skillset's MODEL_ID")
    config_class: Identifier
    processors: tuple[ProcessorClass, ...] = ()
    default_task: Name
    tasks: dict[Name, TaskBinding]
    heads: dict[Identifier, Identifier] = Field(
        default={}, description="auto class → model class, for every auto mapping that has this type"
    )
    generates: bool = False
    attention: tuple[Name, ...] = ()
    submodels: dict[Identifier, Name] = Field(default={}, description="config field → model type it holds")
    placeholders: dict[Modality, str] = Field(
        default={}, description="the token that stands for an image, audio or video in a prompt"
    )
    images: str = Field(
        default="several",
        pattern="^(several|one)$",
        description="`one` where a prompt is about exactly one image, which the processor wants by itself",
    )
    frames: int | None = Field(
        default=None, gt=1, description="where a prompt is about a video: of how many images, given in order"
    )
    batching: str = Field(
        default="padded",
        pattern="^(padded|single)$",
        description="`single` where padding a batch changes the answers, so that items run one by one",
    )
    requires: tuple[Name, ...] = Field(
        default=(),
        description="libraries beside this project's own, by the name they are imported by; without them the "
        "type is not run",
    )
    unsupported: dict[Name, Annotated[str, StringConstraints(min_length=10)]] = Field(
        default={}, description="hardware target → why the type does not work there; on the others it does"
    )
    tiny: TinyConfig = TinyConfig()
    skips: dict[str, str] = Field(default={}, description="generated test case → the reason it cannot run")
    withheld: dict[Name, Annotated[str, StringConstraints(min_length=10)]] = Field(
        default={}, description="task → why it is not served yet; without any other, nothing is generated"
    )
    provenance: dict[str, str] = Field(default={}, description="dotted path of a fact → where it came from")


class OverlayEntry(Frozen):
    """A correction of a derived spec: `set` is merged over it, mapping by mapping."""

    reason: Annotated[str, StringConstraints(min_length=10)]
    set: dict[str, Any] = Field(min_length=1)


class Overlay(Frozen):
    """`specs/overlays/<model_type>.yaml`: the hand-written part of what is known about a model type."""

    entries: tuple[OverlayEntry, ...] = Field(min_length=1)


class Family(Frozen):
    """A group of model types whose skillset and test extend the same pair of templates."""

    name: Name
    title: str
    rank: int = Field(
        description="families are tried in this order: the first whose leading task a type has is its "
        "family, else the first that shares any task"
    )
    tasks: tuple[Name, ...] = Field(min_length=1, description="the first that a type has is its default task")


class Condition(Frozen):
    """What a model class must and must not have for a head to serve a task."""

    takes: tuple[Identifier, ...] = ()
    lacks: tuple[Identifier, ...] = ()
    returns: tuple[Identifier, ...] = Field(default=(), description="fields of what `forward` returns")
    methods: tuple[Identifier, ...] = ()
    processor_methods: tuple[Identifier, ...] = Field(
        default=(), description="methods of the composed processor"
    )
    processor_takes: tuple[Identifier, ...] = Field(
        default=(), description="arguments of the composed processor's `__call__`"
    )
    plain_tokenizer: bool | None = Field(
        default=None,
        description="whether the tokenizer is in plain Python, and cannot tell where tokens stand in a text",
    )
    processor_lacks: tuple[Identifier, ...] = Field(
        default=(), description="arguments that its `__call__` must not have"
    )
    heads: tuple[Identifier, ...] = Field(
        default=(), description="auto classes that the model type must have"
    )
    lacks_heads: tuple[Identifier, ...] = Field(
        default=(), description="auto classes that the model type must not have"
    )


class Head(Frozen):
    """One way of serving a task: how its class is found, and the template fragments written for it.

    A class is found through an auto mapping, or, where transformers has none, by the end of its name.
    """

    auto_class: Identifier | None = None
    mapping: Identifier | None = Field(
        default=None, description="the name of the auto mapping in transformers' source"
    )
    class_suffix: Identifier | None = Field(
        default=None, description="the end of the class name, for heads that no mapping lists"
    )
    template: Identifier = Field(description="names templates/{skillsets,tests}/tasks/<template>.py.j2")
    processors: tuple[ProcessorKind, ...] = Field(
        default=(), description="what it needs, best first; a type with none of them does not have this head"
    )
    processor_options: dict[Identifier, Any] = Field(
        default={}, description="keywords of the processor's `from_pretrained`"
    )
    parameters: tuple[Identifier, ...] | None = Field(
        default=None, description="which of the task's parameters it takes; all of them where this is absent"
    )
    one_by_one: str | None = Field(
        default=None, description="why items run through the model one at a time, where they must"
    )
    when: Condition = Condition()


class ParameterSpec(Frozen):
    """A keyword that a handler takes beside its input."""

    type: str = Field(pattern="^(int|float|str|bool|list|dict)$")
    default: Any = None
    required: bool = False
    doc: str


class ResultKey(Frozen):
    """A key of the dict that a handler returns."""

    type: str
    doc: str


class Task(Frozen):
    """A Hugging Face pipeline task: what goes in, what comes out, and which heads serve it."""

    name: Name
    title: str
    doc: str
    inputs: tuple[Modality, ...] = Field(min_length=1)
    heads: tuple[Head, ...] = Field(min_length=1)
    parameters: dict[Identifier, ParameterSpec] = {}
    result: dict[Identifier, ResultKey] = Field(min_length=1)


class Engine(StrEnum):
    """What runs the models of a hardware target."""

    TORCH = "torch"
    ONNX = "onnx"
    OPENVINO = "openvino"
    QNN = "qnn"
    BROWSER = "browser"


class Precision(StrEnum):
    """In what a model's weights are kept."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"
    INT8 = "int8"
    INT4 = "int4"


class Absent(StrEnum):
    """How a run is reported where the hardware of a target is absent."""

    PLACEMENT_CHECKED = "placement checked"
    SIMULATED = "simulated"
    NOT_RUN = "not run"


class Hardware(Frozen):
    """A hardware target: what runs a model there, on which devices, how precisely; what stands in for it."""

    name: Identifier
    title: str
    doc: str
    engine: Engine
    device: str = Field(description="the device as its engine calls it, without a number; the default one")
    numbered: bool = Field(default=False, description="whether there may be several devices: cuda:0, cuda:1")
    static: bool = Field(default=False, description="whether a program there takes inputs of one size only")
    hosts: tuple[Identifier, ...] = Field(
        min_length=1, description="what the host's convention calls it: init_mps and init_apple"
    )
    libraries: dict[Identifier, str] = Field(
        default={}, description="what must be imported to run models there → how to install that"
    )
    precisions: tuple[Precision, ...] = Field(min_length=1, description="the first is the default")
    fallback: tuple[Name, ...] = Field(
        default=(), description="the targets that stand in where it is absent or fails to load, in order"
    )
    absent: Absent


class PrecisionSpec(Frozen):
    """What a model is computed in, and how far its answers may then be from those in float32."""

    name: Identifier
    title: str
    doc: str
    roundoff: float = Field(gt=0, lt=1, description="the largest relative error of rounding one number")
    roundings: int = Field(
        default=32, gt=0, description="how many of them a float of an answer may be off by, see `tolerance`"
    )
    equal: bool = Field(
        default=False,
        description="whether answers must be equal: texts too, and floats as ever",
    )

    @property
    def tolerance(self) -> float:
        """How far a float of an answer may be off, relative to the largest of its kind in the answer.

        Errors of rounding grow with depth, about like the square root of the number of operations one upon
        another: 32 roundings are what a thousand of them leave.
        """
        return self.roundings * self.roundoff


class Alias(Frozen):
    """A name that is no model type of its own: what serves it, or, without a type, why nothing does."""

    type: Name | None = Field(default=None, description="the model type that serves it")
    reason: Annotated[str, StringConstraints(min_length=10)]


class Aliases(Frozen):
    """`specs/aliases/<list>.yaml`: names that people ask for, and what became of them."""

    title: str
    names: dict[Name, Alias] = Field(min_length=1)
