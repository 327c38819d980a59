"""The one exception of the verifier."""

from collections.abc import Iterable


class RefusedError(ValueError):
    """Input that does not hold, with a stable code and a sentence that names the reason.

    Attributes:
        code: Stable dotted name of the reason, the same in every verifier (``json.depth``).
        message: One sentence for a person.
        reasons: The codes beneath it, where it sums up others: each once, sorted.
    """

    def __init__(self, code: str, message: str, reasons: Iterable[str] = ()) -> None:
        """Keep the codes beside the sentence."""
        super().__init__(f"{message} [{code}]")
        self.code = code
        self.message = message
        self.reasons = tuple(sorted(set(reasons)))

    def __reduce__(self) -> tuple[type["RefusedError"], tuple[str, str, tuple[str, ...]]]:
        """Let it pass from one process to another as what it is."""
        return RefusedError, (self.code, self.message, self.reasons)
