#!/usr/bin/env python3
"""DPO of the pairs in a file with TRL and PEFT; prints the judged pairs' log-probabilities, one JSON object a line.

    trl_dpo.py GGUF TRAINED.jsonl JUDGED.jsonl LEARNING_RATE RANK BETA BATCH SEED

Needs trl from PyPI (and gguf, for transformers to read the model). All in float32. Of what Attune sets, TRL gets the
same: LoRA on all linear layers with α = 2·rank, AdamW with β₂ = 0.95 and no weight decay, gradient norm 1, 3 % warm-up,
cosine to a tenth, one pass.
"""

import json
import os
import sys
import tempfile

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM
from trl import DPOConfig, DPOTrainer

END = "<|im_end|>"


def load(path):
    loaded = AutoModelForCausalLM.from_pretrained(
        os.path.dirname(path), gguf_file=os.path.basename(path), dtype=torch.float32)
    config = loaded.config.to_dict()
    config.pop("quantization_config", None)
    model = LlamaForCausalLM(LlamaConfig(**config)).float()
    model.load_state_dict(loaded.state_dict(), strict=False)
    model.tie_weights()
    return model


def read(path, tokenizer):
    """Prompts as the model reads them, answers up to and with the end of their turn."""
    with open(path, encoding="utf-8") as lines:
        pairs = [json.loads(line) for line in lines]
    return [{"prompt": tokenizer.apply_chat_template([{"role": "user", "content": pair["prompt"]}], tokenize=False,
                                                     add_generation_prompt=True),
             "chosen": pair["chosen"] + END, "rejected": pair["rejected"] + END} for pair in pairs]


@torch.no_grad()
def logp(model, tokenizer, prompt, answer):
    prompt, answer = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in (prompt, answer))
    logits = model(torch.tensor([prompt + answer])).logits[0, len(prompt) - 1:-1]
    return logits.log_softmax(-1).gather(-1, torch.tensor(answer)[:, None]).sum().item(), len(answer)


def score(model, tokenizer, pairs):
    return [[logp(model, tokenizer, pair["prompt"], pair[side]) for side in ("chosen", "rejected")] for pair in pairs]


def main():
    path, trained, judged = sys.argv[1:4]
    rate, rank, beta, batch, seed = (float(sys.argv[4]), int(sys.argv[5]), float(sys.argv[6]), int(sys.argv[7]),
                                     int(sys.argv[8]))
    tokenizer = AutoTokenizer.from_pretrained(os.path.dirname(path), gguf_file=os.path.basename(path))
    tokenizer.eos_token = END
    trained, judged = read(trained, tokenizer), read(judged, tokenizer)
    model = load(path)
    before = score(model, tokenizer, judged)
    with tempfile.TemporaryDirectory() as folder:
        options = DPOConfig(
            output_dir=folder, per_device_train_batch_size=batch, num_train_epochs=1, learning_rate=rate, beta=beta,
            max_grad_norm=1.0, adam_beta1=0.9, adam_beta2=0.95, weight_decay=0.0, warmup_steps=0.03,
            lr_scheduler_type="cosine_with_min_lr", lr_scheduler_kwargs={"min_lr_rate": 0.1}, seed=seed, bf16=False,
            fp16=False, gradient_checkpointing=False, max_length=None, report_to=[], save_strategy="no",
            logging_steps=1, use_cpu=True, disable_tqdm=True)
        trainer = DPOTrainer(
            model=model, args=options, processing_class=tokenizer, train_dataset=Dataset.from_list(trained),
            peft_config=LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", lora_dropout=0.0))
        trainer.train()
    after = score(trainer.model.eval(), tokenizer, judged)
    for (before_chosen, before_rejected), (after_chosen, after_rejected) in zip(before, after):
        print(json.dumps({
            "chosen": after_chosen[0] - before_chosen[0], "rejected": after_rejected[0] - before_rejected[0],
            "longer": before_chosen[1] - before_rejected[1]}))


if __name__ == "__main__":
    main()
