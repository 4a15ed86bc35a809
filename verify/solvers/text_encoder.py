"""Sentences as vectors: a pre-trained encoder that stays as it is, from local files alone.

One vector a sentence: the mean of the last layer over its tokens, or the first token's where the encoder's files ask for that;
divided by its length where they ask for that. As in Reimers & Gurevych 2019 (Sentence-BERT, arXiv:1908.10084).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from itertools import chain
from typing import Any

import joblib
import numpy as np
import torch
from numpy.typing import NDArray

from synth.offline import offline
from synth.task import BadTask
from verify.encoder_files import LONGEST, EncoderFiles
from verify.solvers.threads import one_thread

BATCH = 32  # sentences of about one length; fixed, since the bits of a product depend on its shape

Vectors = NDArray[np.float32]


def embeddings(
    sentences: Sequence[str], files: EncoderFiles, progress: Callable[[int, int], None] | None = None
) -> Vectors:
    """(m, d) float32, the encoder's own precision; on the CPU.

    The batches depend on the sentences alone, each has one thread, and a sentence that comes twice is encoded once: the same
    sentences give the same bytes in any order and on any number of cores. progress is told (done, in all).

    Raises BadTask where the files do not make an encoder.
    """
    with offline(), one_thread(), torch.inference_mode():
        tokenizer, model = _loaded(files)
        plain = [sentence.strip().lower() if files.lower else sentence.strip() for sentence in sentences]
        different = sorted(set(plain))
        tokens = _tokens(files, tokenizer, model, different)
        order = sorted(range(len(different)), key=lambda i: (len(tokens[i]), different[i]))
        batches = [order[first : first + BATCH] for first in range(0, len(order), BATCH)]
        found: dict[str, Vectors] = {}

        def encode(batch: list[int]) -> Vectors:
            try:
                with torch.inference_mode():  # a mode of the thread, not of the process
                    return _pooled(model, [tokens[i] for i in batch], tokenizer.pad_token_id, files)
            except Exception as error:
                raise _no_encoder(files, "cannot encode sentences", error) from error

        with ThreadPoolExecutor(joblib.cpu_count(), initializer=torch.set_num_threads, initargs=(1,)) as pool:
            for batch, vectors in zip(batches, pool.map(encode, batches), strict=True):
                found.update((different[i], vector) for i, vector in zip(batch, vectors, strict=True))
                if progress is not None:
                    progress(len(found), len(different))
    answer = np.stack([found[sentence] for sentence in plain])
    if not np.isfinite(answer).all():
        raise BadTask(f"encoder: {files.name} gives embeddings that are not finite")
    return answer


def _loaded(files: EncoderFiles) -> tuple[Any, Any]:
    """Tokenizer and model, quietly; no code of the model's own, no pickles, and no weight left as it was drawn."""
    transformers = import_module("transformers")
    safe = {"local_files_only": True, "trust_remote_code": False}
    logging = transformers.utils.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(files.folder), **safe)
        model, report = transformers.AutoModel.from_pretrained(
            str(files.folder), use_safetensors=True, output_loading_info=True, **safe
        )
    except Exception as error:  # files of unknown origin: the libraries raise kinds of their own
        raise _no_encoder(files, "cannot be loaded", error) from error
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
    if lost := sorted(name for name in report["missing_keys"] if "pooler" not in name):
        raise BadTask(f"encoder: {files.folder} lacks {len(lost)} weights, the first {lost[0]}")
    if model.config.is_encoder_decoder or tokenizer.pad_token is None:
        raise BadTask(f"encoder: {files.folder} is no encoder of sentences such as BERT or MiniLM")
    return tokenizer, model.float().eval()


def _no_encoder(files: EncoderFiles, what: str, error: Exception) -> BadTask:
    return BadTask(f"encoder: {files.folder} {what}: {' '.join(str(error).split())[:200] or type(error).__name__}")


def _tokens(files: EncoderFiles, tokenizer: Any, model: Any, sentences: list[str]) -> list[list[int]]:
    """The ids of each sentence, cut to what the encoder takes. Raises BadTask where there are no words to tell them apart."""
    try:
        positions = getattr(model.config, "max_position_embeddings", LONGEST)
        longest = int(min(files.longest or min(LONGEST, tokenizer.model_max_length), positions))
        tokens: list[list[int]] = tokenizer(sentences, truncation=True, max_length=longest)["input_ids"]
    except Exception as error:
        raise _no_encoder(files, "cannot cut sentences into tokens", error) from error
    if not set(chain.from_iterable(tokens)) - set(tokenizer.all_special_ids):
        raise BadTask(f"encoder: the tokenizer of {files.folder} knows none of the words")
    return tokens


def _pooled(model: Any, tokens: Sequence[Sequence[int]], padding: int, files: EncoderFiles) -> Vectors:
    """A batch's vectors (b, d): padded to its longest sentence, masked, pooled in float64."""
    widest = max(map(len, tokens))
    ids = torch.tensor([[*each, *[padding] * (widest - len(each))] for each in tokens])
    mask = torch.tensor([[1] * len(each) + [0] * (widest - len(each)) for each in tokens])
    last = model(input_ids=ids, attention_mask=mask).last_hidden_state.double()
    mean = (last * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
    pooled = last[:, 0] if files.pooling == "first" else mean
    if files.normalise:
        pooled = pooled / pooled.norm(dim=1, keepdim=True).clamp_min(1e-12)
    return pooled.numpy().astype(np.float32)
