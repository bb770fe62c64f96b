"""Pages whose words have places, and tables: what is read of them, and how a layout model is given them.

A page is its words, in the order of reading, and a box for each: (left, top, right, bottom), from 0 to 1000
across the page, whatever its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from skillset_runtime.errors import InputError, SkillsetError
from skillset_runtime.handler import Handler
from skillset_runtime.inputs import read_images, read_texts

EDGE = 1000
BOX_FORM = f"[left, top, right, bottom], whole numbers from 0 to {EDGE}"
TABLE_FORM = "a table as {column: [cell, …]}, with as many cells in each column"
_FIRST, _LAST = [0] * 4, [EDGE] * 4

Box = list[int]
Table = dict[str, list[str]]


class Document(NamedTuple):
    """The words of a page and their boxes; its picture, and what is asked of it, where a task has them."""

    words: list[str]
    boxes: list[Box]
    image: Any = None
    question: str | None = None


class TableQuestion(NamedTuple):
    """What table-question-answering is asked."""

    question: str
    table: Table


def read_layouts(words: Any, boxes: Any) -> list[Document]:
    """The words and boxes of a page, or a list of each."""
    several = isinstance(words, list) and bool(words) and isinstance(words[0], list)
    pages, places = (words, boxes) if several else ([words], [boxes])
    if not isinstance(places, list) or len(places) != len(pages):
        raise InputError("give a list of boxes for each page")
    return [_page(*page) for page in zip(pages, places, strict=True)]


def read_layout_questions(question: Any, words: Any, boxes: Any) -> list[Document]:
    """A question about a page without its picture, or a list of each."""
    pages, questions = read_layouts(words, boxes), read_texts(question)
    return [page._replace(question=asked) for page, asked in _paired(pages, questions, "question")]


def read_documents(image: Any, words: Any, boxes: Any) -> list[Document]:
    """The picture of a page, its words and their boxes, or a list of each."""
    pages, images = read_layouts(words, boxes), read_images(image)
    return [page._replace(image=seen) for page, seen in _paired(pages, images, "image")]


def read_document_questions(question: Any, image: Any, words: Any, boxes: Any) -> list[Document]:
    """A question about a page with its picture, or a list of each."""
    pages, questions = read_documents(image, words, boxes), read_texts(question)
    return [page._replace(question=asked) for page, asked in _paired(pages, questions, "question")]


def read_table_questions(question: Any, table: Any) -> list[TableQuestion]:
    """A question and the table it is about, or a list of each."""
    tables = table if isinstance(table, list) else [table]
    return [
        TableQuestion(asked, _table(cells))
        for cells, asked in _paired(tables, read_texts(question), "question")
    ]


def as_frame(table: Table) -> Any:
    """The table as a `pandas.DataFrame`, which table tokenizers take."""
    try:
        import pandas
    except ImportError as error:
        raise SkillsetError(f"tables need pandas ({error}); install it") from error
    return pandas.DataFrame(table)


class LayoutHandler(Handler):
    """A handler of pages, for models that are told where each token stands."""

    def placed(self, documents: Sequence[Document]) -> Any:
        """Tokens with their boxes: a special token's box is empty, but for the separator's, the far corner.

        For tokenizers that know nothing of boxes; each word's tokens have the word's box.
        """
        words = [page.words for page in documents]
        questions = [page.question.split() for page in documents if page.question is not None]
        inputs = self.processor(
            *((questions, words) if questions else (words,)),
            is_split_into_words=True,
            padding=True,
            return_tensors="pt",
        )
        self.check_length(inputs, self.processor.model_max_length)
        boxes = [self._boxes(inputs, row, page) for row, page in enumerate(documents)]
        inputs["bbox"] = self.torch.tensor(boxes)
        if hasattr(self.model.config, "bbox_scale"):  # the model scales boxes that are parts of a page
            inputs["bbox"] = inputs["bbox"] / EDGE
        return inputs.to(self.device)

    def place_of_words(self, inputs: Any, row: int) -> list[int | None]:
        """The word of the page that each token of a row is of; None for all that is not of the page."""
        part = max(filter(lambda sequence: sequence is not None, inputs.sequence_ids(row)))
        pairs = zip(inputs.word_ids(row), inputs.sequence_ids(row), strict=True)
        return [word if sequence == part else None for word, sequence in pairs]

    def best_words(self, inputs: Any, row: int, outputs: Any, page: Document) -> dict[str, Any]:
        """The likeliest run of words as an answer; its score is the product of its ends' probabilities."""
        words = self.place_of_words(inputs, row)
        outside = self.torch.tensor([word is None for word in words], device=self.device)
        starts = outputs.start_logits[row, : len(words)].masked_fill(outside, float("-inf")).softmax(-1)
        ends = outputs.end_logits[row, : len(words)].masked_fill(outside, float("-inf")).softmax(-1)
        spans = (starts.unsqueeze(-1) * ends).triu()
        start, end = divmod(spans.argmax().item(), len(words))
        answer = " ".join(page.words[words[start] : words[end] + 1])
        return {"answer": answer, "score": spans[start, end].item()}

    def _boxes(self, inputs: Any, row: int, page: Document) -> list[Box]:
        separators = inputs["input_ids"][row] == self.processor.sep_token_id
        return [
            page.boxes[word] if word is not None else _LAST if separator else _FIRST
            for word, separator in zip(self.place_of_words(inputs, row), separators, strict=True)
        ]


def _page(words: Any, boxes: Any) -> Document:
    if not isinstance(boxes, list):
        raise InputError(f"boxes must be a list of {BOX_FORM}")
    texts = read_texts(words)
    if len(texts) != len(boxes):
        raise InputError(f"{len(texts)} words but {len(boxes)} boxes; give a box for each word")
    return Document(texts, [_box(box) for box in boxes])


def _box(value: Any) -> Box:
    numbers = list(value) if isinstance(value, list | tuple) else []
    whole = all(isinstance(number, int) and 0 <= number <= EDGE for number in numbers)
    if len(numbers) != 4 or not whole or numbers[0] > numbers[2] or numbers[1] > numbers[3]:
        raise InputError(f"box {value!r} is not {BOX_FORM}")
    return numbers


def _table(value: Any) -> Table:
    columns = value if isinstance(value, dict) else {}
    if not columns or not all(isinstance(cells, list) and cells for cells in columns.values()):
        raise InputError(f"give {TABLE_FORM}")
    if len({len(cells) for cells in columns.values()}) > 1:
        raise InputError(f"the columns are not of one length; give {TABLE_FORM}")
    return {str(name): [str(cell) for cell in cells] for name, cells in columns.items()}


def _paired(items: list[Any], others: list[Any], name: str) -> list[tuple[Any, Any]]:
    if len(items) != len(others):
        raise InputError(f"{len(items)} pages or tables but {len(others)} of {name}; give one for each")
    return list(zip(items, others, strict=True))
