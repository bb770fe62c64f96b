"""What generated skillsets import: the host's convention, handlers, and the reading of inputs."""

from skillset_runtime.errors import InputError, SkillsetError
from skillset_runtime.handler import Answer, Handler
from skillset_runtime.skillset import Skillset

__all__ = ["Answer", "Handler", "InputError", "Skillset", "SkillsetError"]
