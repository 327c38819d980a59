"""What stops a command, said in one line with its mend."""

from __future__ import annotations

from countersign.shared.errors import DomainError


class CommandFailed(DomainError):
    """A command can't go on; the message names the cause and the mend."""

    code = "command_failed"
    status = 500


class PlatformNotRunning(CommandFailed):
    """There is no running platform in this home directory."""

    code = "platform_not_running"
