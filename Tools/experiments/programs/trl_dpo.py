#!/usr/bin/env python3
"""DPO of the pairs in a file with TRL and PEFT; prints the judged pairs' log-probabilities, one JSON object a line.

    trl_dpo.py GGUF TRAINED.jsonl JUDGED.jsonl LEARNING_RATE RANK BETA BATCH SEED

Needs trl from PyPI (and gguf, for transformers to read the model). All in float32. Of what Attune sets, TRL gets the
same: LoRA on all linear layers with α = 2·rank, AdamW with β₂ = 0.95 and no weight decay, gradient norm 1, 3 % warm-up,
cosine to a tenth, one pass.
"""

import json
import math
import os
import pathlib
import sys
import tempfile

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoTokenizer
from trl import DPOConfig, DPOTrainer

TOOLS = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOOLS / "benchmarks/programs"))
from pytorch import load  # noqa: E402

END = "<|im_end|>"
WARM_UP, FINAL = 0.03, 0.1


class Trainer(DPOTrainer):
    """TRL's, with Attune's schedule: the first step of that of transformers has learning rate 0 and trains nothing."""

    def create_scheduler(self, num_training_steps, optimizer=None):
        warm_up = math.ceil(WARM_UP * num_training_steps)

        def rate(step):
            if step < warm_up:
                return (step + 1) / warm_up
            progress = min(1, (step - warm_up) / max(num_training_steps - warm_up, 1))
            return FINAL + (1 - FINAL) * (1 + math.cos(math.pi * progress)) / 2

        self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer or self.optimizer, rate)
        return self.lr_scheduler


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
            max_grad_norm=1.0, adam_beta1=0.9, adam_beta2=0.95, weight_decay=0.0, seed=seed, bf16=False, fp16=False,
            gradient_checkpointing=False, max_length=None, report_to=[], save_strategy="no", logging_steps=1,
            use_cpu=True, disable_tqdm=True)
        trainer = Trainer(
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
