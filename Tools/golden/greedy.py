"""48 greedy tokens for 20 prompts, the first whose answers are that long. Writes LanguageModelTests/Fixtures/greedy.json.

"lead" is the smallest distance between the two largest logits on the way.
"""
import json
import os

import reference_model as reference
from greedy_decoding import greedy
from texts import QUESTIONS

CASES, COUNT = 20, 48


def main():
    path = reference.model_path()
    model, tokenizer = reference.load_model(path), reference.load_tokenizer(path)
    cases = []
    for question in QUESTIONS:
        prompt = list(tokenizer.apply_chat_template([{"role": "user", "content": question}],
                                                    add_generation_prompt=True, tokenize=True, return_dict=False))
        tokens, lead = greedy(model, prompt, COUNT)
        if tokenizer.eos_token_id in tokens:
            continue
        print(round(lead, 5), repr(tokenizer.decode(tokens))[:90])
        cases.append({"prompt": prompt, "tokens": tokens, "lead": lead})
        if len(cases) == CASES:
            break
    assert len(cases) == CASES
    out = os.path.join(os.path.dirname(__file__), "../../Tests/LanguageModelTests/Fixtures/greedy.json")
    json.dump({"made": reference.provenance(), "cases": cases}, open(out, "w"), separators=(",", ":"))


main()
