"""Sentences that terminal and web show alike, made from the message catalogue."""

from pipeline.domain.batches import Ledger
from pipeline.domain.messages import counted, grouped, say

_SET_ASIDE = ("separators", "separator_backs", "blanks", "rejected")


def ledger_sentence(ledger: Ledger) -> str:
    """``40 de pagini = 32 în documente + 8 separatoare``; what there is none of is left out."""
    parts = [say("terminal.ledger_filed", n=grouped(ledger.filed))]
    for name in _SET_ASIDE:
        if number := getattr(ledger, name):
            parts.append(say(f"terminal.ledger_{name}_{_form(number)}", n=grouped(number)))
    sentence = f"{counted(ledger.received, 'pagini')} = {' + '.join(parts)}"
    return sentence if ledger.balanced else f"{sentence} ({say('terminal.unbalanced')})"


def _form(number: int) -> str:
    """``one`` (1 separator), ``few`` (2 separatoare, 101 separatoare), ``many`` (20 de separatoare)."""
    if number == 1:
        return "one"
    return "few" if 1 <= number % 100 <= 19 else "many"
