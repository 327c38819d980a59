"""What can go wrong with analyses and their findings."""

from countersign.shared.errors import InvalidInput, NotFound, StateConflict, Unavailable


class SessionNotFound(NotFound):
    """There is no such analysis session, or this actor may not see it."""

    code = "analysis_session_not_found"


class SessionStateConflict(StateConflict):
    """The analysis session is not in a state from which this move is allowed."""

    code = "analysis_session_state"


class ReportUnreadable(InvalidInput):
    """A tool's report can't be trusted as a whole: truncated, of another form, or about other files."""

    code = "report_unreadable"


class ToolUnknown(InvalidInput):
    """Nobody here knows how to run this tool."""

    code = "analysis_tool_unknown"


class ToolMissing(Unavailable):
    """The tool is not part of the platform's own environment."""

    code = "analysis_tool_missing"
