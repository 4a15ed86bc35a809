"""A text encoder of two small layers with random weights, in files as Hugging Face's libraries write them."""

import json

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = (*SPECIAL, *"abcdefghijklmnopqrstuvwxyz", "hen", "fox", "barn", "sees", "the", ".")


def write(folder, positions=32, seed=0):
    """Plain files, without what sentence-transformers adds."""
    import torch
    import transformers

    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = transformers.BertModel(
            transformers.BertConfig(
                vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
                max_position_embeddings=positions, initializer_range=0.5,
            )
        )  # fmt: skip
    model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    tokenizer = transformers.BertTokenizer(vocab=str(folder / "vocab.txt"), do_lower_case=False)
    tokenizer.save_pretrained(folder)
    return folder


def ask(folder, pooling=None, normalise=False, **transformer):
    """What sentence-transformers adds: modules, pooling, and what goes for the tokens."""
    modules = [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]
    if pooling is not None:
        (folder / "1_Pooling").mkdir(exist_ok=True)
        (folder / "1_Pooling/config.json").write_text(json.dumps(pooling))
        modules.append({"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"})
    if normalise:
        modules.append({"idx": 2, "name": "2", "path": "2", "type": "sentence_transformers.models.Normalize"})
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "sentence_bert_config.json").write_text(json.dumps(transformer))
    return folder
