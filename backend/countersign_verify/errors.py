"""The one exception of the verifier."""


class RefusedError(ValueError):
    """Input that does not hold, with a stable code and a sentence that names the reason.

    Attributes:
        code: Stable dotted name of the reason, the same in every verifier (``json.depth``).
        message: One sentence for a person.
    """

    def __init__(self, code: str, message: str) -> None:
        """Keep the code beside the sentence."""
        super().__init__(f"{message} [{code}]")
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[type["RefusedError"], tuple[str, str]]:
        """Let it pass from one process to another as what it is."""
        return RefusedError, (self.code, self.message)
