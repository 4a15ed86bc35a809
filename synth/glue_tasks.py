"""The tasks of GLUE and SuperGLUE as a table: which columns, which classes, and how a sample's texts are put together.

Sources: Wang et al. 2019 (GLUE, arXiv:1804.07461; SuperGLUE, arXiv:1905.00537). Columns and label names as in their parquet
versions on the Hugging Face hub. ReCoRD is left out, whose classes differ from sample to sample, and so are the diagnostic sets,
which have no training split.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from synth.task import BadTask

Row = Mapping[str, Any]

GLUE, SUPERGLUE = "nyu-mll/glue", "aps/super_glue"
ALIKE = 3.0  # STS-B: from here on "roughly equivalent" in its annotators' scale of 0 to 5


@dataclass(frozen=True, kw_only=True)
class GlueTask:
    """How the rows of a task become labelled texts.

    folder  what it is called on the hub and in directories
    source  the repository on the hub
    names   label names, in the order of their codes
    join    the one or two texts of a row
    joined  the same in words
    """

    folder: str
    source: str
    columns: tuple[str, ...]
    names: tuple[str, ...]
    join: Callable[[Row], tuple[str, ...]]
    joined: str

    @property
    def scored(self) -> bool:
        """Whether the label is a score, and the classes are below and from ALIKE on."""
        return self.folder == "stsb"


def _plain(folder: str, source: str, names: tuple[str, ...], *columns: str) -> GlueTask:
    """A sentence alone, or two that come as they are."""
    words = " and ".join(columns)
    return GlueTask(folder=folder, source=source, columns=columns, names=names,
                    join=lambda row: tuple(row[column] for column in columns), joined=words)  # fmt: skip


def _alternatives(row: Row) -> tuple[str, ...]:
    """COPA: "premise because choice" when asked for the cause, "premise so choice" when asked for the effect."""
    if row["question"] not in ("cause", "effect"):
        raise BadTask(f"question must be cause or effect; it is {row['question']!r}")
    word = "because" if row["question"] == "cause" else "so"
    return tuple(f"{row['premise'].rstrip(' .')} {word} {row[choice]}" for choice in ("choice1", "choice2"))


def _resolved(row: Row) -> tuple[str, ...]:
    """WSC: the text, and the text with the noun in place of the pronoun."""
    words, pronoun, first = row["text"].split(), row["span2_text"], row["span2_index"]
    last = first + len(pronoun.split())
    found = " ".join(words[first:last])
    if pronoun.lower() not in found.lower():
        raise BadTask(f"span2_text {pronoun!r} is not at word {first} of the text; take the version called wsc.fixed")
    start = found.lower().index(pronoun.lower())
    noun = found[:start] + row["span1_text"] + found[start + len(pronoun) :]
    return row["text"], " ".join((*words[:first], noun, *words[last:]))


def _in_context(row: Row) -> tuple[str, ...]:
    """WiC: either sentence behind the word that is asked about."""
    return f"{row['word']}: {row['sentence1']}", f"{row['word']}: {row['sentence2']}"


_ENTAILED = ("entailment", "not_entailment")
_TRUTH = ("False", "True")

TASKS: Mapping[str, GlueTask] = {
    "CoLA": _plain("cola", GLUE, ("unacceptable", "acceptable"), "sentence"),
    "SST-2": _plain("sst2", GLUE, ("negative", "positive"), "sentence"),
    "MRPC": _plain("mrpc", GLUE, ("not_equivalent", "equivalent"), "sentence1", "sentence2"),
    "QQP": _plain("qqp", GLUE, ("not_duplicate", "duplicate"), "question1", "question2"),
    "STS-B": _plain("stsb", GLUE, (f"score < {ALIKE:g}", f"score ≥ {ALIKE:g}"), "sentence1", "sentence2"),
    "MNLI": _plain("mnli", GLUE, ("entailment", "neutral", "contradiction"), "premise", "hypothesis"),
    "QNLI": _plain("qnli", GLUE, _ENTAILED, "question", "sentence"),
    "RTE": _plain("rte", GLUE, _ENTAILED, "sentence1", "sentence2"),
    "WNLI": _plain("wnli", GLUE, ("not_entailment", "entailment"), "sentence1", "sentence2"),
    "BoolQ": _plain("boolq", SUPERGLUE, _TRUTH, "question", "passage"),
    "CB": _plain("cb", SUPERGLUE, ("entailment", "contradiction", "neutral"), "premise", "hypothesis"),
    "COPA": GlueTask(
        folder="copa", source=SUPERGLUE, columns=("premise", "choice1", "choice2", "question"), names=("choice1", "choice2"),
        join=_alternatives, joined="premise because/so choice1 and premise because/so choice2",
    ),
    "MultiRC": GlueTask(
        folder="multirc", source=SUPERGLUE, columns=("paragraph", "question", "answer"), names=_TRUTH,
        join=lambda row: (f"{row['question']} {row['answer']}", row["paragraph"]), joined="question with answer, and paragraph",
    ),
    "WiC": GlueTask(
        folder="wic", source=SUPERGLUE, columns=("word", "sentence1", "sentence2"), names=_TRUTH,
        join=_in_context, joined="sentence1 and sentence2, each behind the word",
    ),
    "WSC": GlueTask(
        folder="wsc.fixed", source=SUPERGLUE, columns=("text", "span1_text", "span2_text", "span2_index"), names=_TRUTH,
        join=_resolved, joined="text, and text with span1 in the place of the pronoun span2",
    ),
}  # fmt: skip
