"""A small package laid out like transformers, and a page like those of its docs, written for these tests."""

from __future__ import annotations

FILES = {
    "modeling_utils.py": """
class PreTrainedModel:
    _supports_sdpa: bool = False
    _supports_flash_attn: bool = False
    def save_pretrained(self): ...
""",
    "modeling_outputs.py": """
from .utils import ModelOutput
class MaskedOutput(ModelOutput):
    loss: torch.FloatTensor | None = None
    logits: torch.FloatTensor | None = None
class PooledMaskedOutput(MaskedOutput):
    last_hidden_state: torch.FloatTensor | None = None
    pooled: torch.FloatTensor | None = None
    KINDS: ClassVar[int] = 3
Renamed = MaskedOutput
""",
    "configuration_utils.py": """
class PreTrainedConfig:
    model_type = ""
    pad_token_id: int | None = None
""",
    "utils/__init__.py": "from .generic import *\n",
    "utils/generic.py": "class ModelOutput: ...\n",
    "generation/__init__.py": """
if TYPE_CHECKING:
    from .utils import GenerationMixin
""",
    "generation/utils.py": "class GenerationMixin: ...\n",
    "models/auto/auto_mappings.py": """
from collections import OrderedDict
CONFIG_MAPPING_NAMES = OrderedDict([("lark", "LarkConfig"), ("lark_text", "LarkTextConfig"),
    ("lark_eye", "LarkEyeConfig"), ("wren", "WrenConfig"), ("old-wren", "WrenConfig"),
    ("swift", "SwiftConfig")])
SPECIAL_MODEL_TYPE_TO_MODULE_NAME = OrderedDict([("lark_text", "lark"), ("lark_eye", "lark"),
    ("old-wren", "wren")])
PROCESSOR_MAPPING_NAMES = OrderedDict([("lark", "LarkProcessor")])
IMAGE_PROCESSOR_MAPPING_NAMES = OrderedDict([
    ("lark", {"torchvision": "LarkImageProcessor", "pil": "LarkImageProcessorPil"})])
""",
    "models/auto/configuration_auto.py": """
from .auto_mappings import CONFIG_MAPPING_NAMES, SPECIAL_MODEL_TYPE_TO_MODULE_NAME
CONFIG_MAPPING_NAMES.update({"dove": "DoveConfig"})
CONFIG_MAPPING_NAMES = OrderedDict(**{"eldest": "WrenConfig"}, **CONFIG_MAPPING_NAMES)
SPECIAL_MODEL_TYPE_TO_MODULE_NAME.update({"eldest": "wren"})
""",
    "models/auto/modeling_auto.py": """
MODEL_MAPPING_NAMES = OrderedDict([("lark", "LarkModel"), ("lark_text", "LarkTextModel"),
    ("lark_eye", "LarkEyeModel"), ("wren", ("WrenModel", "WrenBaseModel")), ("swift", "SwiftModel")])
MODEL_FOR_MASKED_LM_MAPPING_NAMES = OrderedDict([("wren", "WrenForMaskedLM"), ("eldest", "WrenForMaskedLM")])
MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES = OrderedDict([("lark", "LarkForConditionalGeneration")])
MODEL_FOR_SERIES_MAPPING_NAMES = OrderedDict([
    *list(MODEL_FOR_MASKED_LM_MAPPING_NAMES.items()), ("dove", "DoveModel")])
MODEL_MAPPING = _LazyAutoMapping(CONFIG_MAPPING_NAMES, MODEL_MAPPING_NAMES)
MODEL_FOR_MASKED_LM_MAPPING = _LazyAutoMapping(CONFIG_MAPPING_NAMES, MODEL_FOR_MASKED_LM_MAPPING_NAMES)
MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING = _LazyAutoMapping(
    CONFIG_MAPPING_NAMES, MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES
)
class _AutoHidden(_BaseAutoModelClass):
    _model_mapping = MODEL_MAPPING
class AutoModel(_BaseAutoModelClass):
    _model_mapping = MODEL_MAPPING
class AutoModelForMaskedLM(_BaseAutoModelClass):
    _model_mapping = MODEL_FOR_MASKED_LM_MAPPING
class AutoModelForImageTextToText(_BaseAutoModelClass):
    _model_mapping = MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING
AutoModel = auto_class_update(AutoModel)
""",
    "models/auto/tokenization_auto.py": """
TOKENIZER_MAPPING_NAMES = OrderedDict[str, str | None]([
    ("lark", "LarkTokenizer" if is_tokenizers_available() else None),
    ("wren", "HouseBackend" if is_house_available() else (
        "WrenTokenizer" if is_tokenizers_available() else None)),
    ("swift", "SwiftTokenizer" if is_house_available() else None)])
WRONG: set[str] = {"dove", "lark"}
for model_type in WRONG:
    if model_type not in TOKENIZER_MAPPING_NAMES:
        TOKENIZER_MAPPING_NAMES[model_type] = "TokenizersBackend" if is_tokenizers_available() else None
""",
    "models/auto/image_processing_auto.py": """
from .auto_mappings import IMAGE_PROCESSOR_MAPPING_NAMES
if TYPE_CHECKING:
    IMAGE_PROCESSOR_MAPPING_NAMES: OrderedDict[str, str] = OrderedDict()
else:
    MISSING = OrderedDict([("swift", {"torchvision": "LarkImageProcessor", "pil": None})])
    IMAGE_PROCESSOR_MAPPING_NAMES.update(MISSING)
""",
    "models/auto/feature_extraction_auto.py": """
FEATURE_EXTRACTOR_MAPPING_NAMES = OrderedDict([("swift", "SwiftEar")])
""",
    "models/auto/processing_auto.py": "from .auto_mappings import PROCESSOR_MAPPING_NAMES\n",
    "models/lark/configuration_lark.py": """
from ...configuration_utils import PreTrainedConfig, SubConfigSpec
from ..auto import AutoConfig
@auto_docstring(checkpoint="birds/lark-text")
@strict
class LarkTextConfig(PreTrainedConfig):
    model_type = "lark_text"
class LarkEyeConfig(PreTrainedConfig):
    model_type = "lark_eye"
    base_config_key = "eye_config"
@auto_docstring(checkpoint="birds/lark-small")
class LarkConfig(PreTrainedConfig):
    model_type = "lark"
    sub_configs_defaults = {
        "text_config": LarkTextConfig,
        "eye_config": SubConfigSpec(config_class=LarkEyeConfig),
        "wing_config": SubConfigSpec(config_class=AutoConfig, model_type="wren", init_kwargs={"width": 8}),
    }
    width: int = 8 * 4
    depths: list[int] | None = None
    scale: float = -0.5
""",
    "models/lark/modeling_lark.py": """
from ...generation import GenerationMixin
from ...modeling_outputs import MaskedOutput
from ...modeling_utils import PreTrainedModel
from ..wren.modeling_wren import WrenModel
class LarkOutput(MaskedOutput):
    image_states: torch.Tensor | None = None
class LarkPreTrainedModel(PreTrainedModel):
    _supports_sdpa = True
class LarkTextModel(WrenModel): ...
class LarkEyeModel(LarkPreTrainedModel):
    def forward(self, pixel_values): ...
class LarkModel(LarkPreTrainedModel):
    def forward(
        self, input_ids: Tensor | None = None, pixel_values=None, *args, flag: bool = False, **kwargs
    ) -> Any: ...
    def get_image_features(self, pixel_values): ...
class LarkForConditionalGeneration(LarkPreTrainedModel, GenerationMixin):
    def forward(
        self, input_ids: Tensor, pixel_values: Tensor | None = None
    ) -> Union[tuple, "LarkOutput"]: ...
    def generate(self, inputs=None): ...
""",
    "models/lark/processing_lark.py": """
from ...processing_utils import ProcessorMixin
EAR = "<ear>"
class LarkProcessor(ProcessorMixin):
    def __init__(self, tokenizer=None, image_token="<image>", **kwargs):
        self.image_token = tokenizer.image_token if hasattr(tokenizer, "image_token") else image_token
        if tokenizer is not None:
            self.audio_token = AddedToken(EAR, special=True).content
        self.video_token = tokenizer.video_token
    def __call__(self, images=None, text=None): ...
""",
    "models/wren/configuration_wren.py": """
from ...configuration_utils import PreTrainedConfig
class WrenConfig(PreTrainedConfig):
    model_type = "wren"
    pad_token_id: int | None = 7
    layers: int = 2
""",
    "models/wren/modeling_wren.py": """
from transformers.modeling_outputs import PooledMaskedOutput
from ...modeling_outputs import Renamed as WrenOutput
from ...modeling_utils import PreTrainedModel
class WrenPreTrainedModel(PreTrainedModel):
    _supports_sdpa = True
    _supports_flash_attn = True
class WrenModel(WrenPreTrainedModel):
    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None
    ) -> tuple | PooledMaskedOutput: ...
class WrenBaseModel(WrenPreTrainedModel): ...
class WrenForMaskedLM(WrenPreTrainedModel):
    _supports_flash_attn = False
    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> WrenOutput: ...
""",
    "models/swift/configuration_swift.py": """
from ..wren.configuration_wren import WrenConfig
class SwiftConfig(WrenConfig):
    model_type = "swift"
    feat_extract_norm: str = "group"
""",
    "models/swift/modeling_swift.py": """
from ...modeling_outputs import PooledMaskedOutput
from ...modeling_utils import PreTrainedModel
class SwiftModel(PreTrainedModel):
    def forward(self, input_values) -> PooledMaskedOutput: ...
class SwiftForFlight(PreTrainedModel):
    def forward(self, past_values): ...
""",
    "models/dove/modeling_dove.py": "class DoveModel(:\n",
}

PAGE = """\
<!--Copyright: a notice with the word [[autodoc]] in it -->
*This model was released on 2020-02-29 and added to Hugging Face Transformers on 2021-03-04.*

<div style="float: right;">
    <img alt="SDPA" src="https://img.shields.io/badge/SDPA-DE3412?style=flat">
    <img alt="FlashAttention" src="https://img.shields.io/badge/Flash-eae0c8?style=flat">
    <img alt="drawing" src="https://example.org/picture.png">
</div>

# The *Wren* `v2`

[Wren](https://huggingface.co/papers/2001.00001) sings; see [its site](https://example.org).

> [!TIP]
> Feed it well.

<hfoptions id="usage">
<hfoption id="Pipeline">

```py
from transformers import pipeline
pipeline = pipeline(task="fill-mask", model="birds/wren-mask")
pipeline("A [MASK] sings.")
```

</hfoption>
<hfoption id="AutoModel">

```python
>>> from transformers import AutoModelForMaskedLM
>>> model_id = "birds/wren-big"
>>> model = AutoModelForMaskedLM.from_pretrained(
...     model_id,
... )
Loading: 100%
```

</hfoption>
</hfoptions>

## Usage notes

- It is small.

## WrenConfig

[[autodoc]] WrenConfig
    - all

## WrenForMaskedLM

[[autodoc]] models.wren.WrenForMaskedLM
    - forward
    - save

[[autodoc]] WrenModel - forward

[[autodoc]] WrenGone
"""
