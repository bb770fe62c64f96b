"""Qwen3ASR: load a `qwen3_asr` checkpoint and answer requests about recordings.

Generated from specs/models/qwen3_asr.yaml and specs/overlays/qwen3_asr.yaml
by templates/skillsets/audio.py.j2.
Change those and run `doit generate:qwen3_asr`; a change made here is reported and replaced.
"""

from skillset_runtime import Handler, Skillset
from skillset_runtime.inputs import read_audio, read_spoken_prompts, read_texts
from skillset_runtime.prompts import PromptHandler

MODEL_ID = "Qwen/Qwen3-ASR-1.7B-hf"
ARCHITECTURE = "qwen3_asr"
TASK_TYPE = "automatic-speech-recognition"


class AutomaticSpeechRecognition(Handler):
    """Write down what is said in a recording.

    Takes a recording or a list of recordings.
    Returns `text`: the transcription of each recording.
    """

    task = "automatic-speech-recognition"
    model_class = "Qwen3ASRForConditionalGeneration"
    processor_class = "AutoProcessor"
    read = staticmethod(read_audio)
    batch_size = 1  # each recording has a prompt as long as itself

    def answer(self, recordings):
        inputs = self.processor.apply_transcription_request(
            audio=self.sounds(recordings), return_tensors="pt"
        ).to(self.device)
        prompt = inputs.get("input_ids", inputs.get("decoder_input_ids"))
        tokens = self.model.generate(**inputs)[:, prompt.shape[1] :]
        return {"text": self.processor.batch_decode(tokens, skip_special_tokens=True)}


class AudioTextToText(PromptHandler):
    """Answer a prompt about one or several recordings.

    Takes a text and its recording or recordings, or a list of each.
    Returns `text`: the text written for each prompt.

    max_new_tokens: how many tokens to write at most
    temperature: above 0, tokens are drawn at this temperature; without it the likeliest is taken
    top_p: draw only from the likeliest tokens that make up this share of the probability
    seed: makes drawing repeatable
    """

    task = "audio-text-to-text"
    model_class = "Qwen3ASRForConditionalGeneration"
    processor_class = "AutoProcessor"
    processor_options = {"backend": "pil"}
    read = staticmethod(read_spoken_prompts)
    draws = True

    def answer(
        self,
        prompts,
        *,
        max_new_tokens: int = 20,
        temperature: float | None = None,
        top_p: float | None = None,
    ):
        inputs = self.prompted(prompts)
        tokens = self.model.generate(
            **inputs, max_new_tokens=max_new_tokens, **self.sampling(temperature, top_p)
        )
        return {"text": self.written(tokens, inputs["input_ids"])}


class TokenClassification(Handler):
    """Label each token of a text.

    Takes a text or a list of texts.
    Returns `tokens`: for each text: a list of {token, label, score}, in the order of the text.
    """

    task = "token-classification"
    model_class = "Qwen3ASRForTokenClassification"
    processor_class = "AutoTokenizer"
    read = staticmethod(read_texts)

    def answer(self, texts: list[str]):
        inputs = self.processor(texts, padding=True, return_special_tokens_mask=True, return_tensors="pt").to(
            self.device
        )
        self.check_length(inputs, self.processor.model_max_length)
        words = ~inputs.pop("special_tokens_mask").bool() & inputs["attention_mask"].bool()
        best = self.model(**inputs).logits.softmax(-1).max(-1)
        rows = zip(inputs["input_ids"], best.values, best.indices, words, strict=True)
        return {
            "tokens": [
                self.labelled(ids[kept], scores[kept], labels[kept]) for ids, scores, labels, kept in rows
            ]
        }

    def labelled(self, token_ids, scores, labels):
        tokens = self.processor.convert_ids_to_tokens(token_ids.tolist())
        names = self.model.config.id2label
        return [
            {"token": token, "label": names[label], "score": score}
            for token, label, score in zip(tokens, labels.tolist(), scores.tolist(), strict=True)
        ]


class hf_qwen3_asr(Skillset):
    """Qwen3ASR, loaded by path and called through the host's convention."""

    handlers = (
        AutomaticSpeechRecognition,
        AudioTextToText,
        TokenClassification,
    )
