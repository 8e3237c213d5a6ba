"""The errors that a client can cause or must know of, each with a stable code and the way out."""


class AdgraphError(Exception):
    """Something went wrong that may be told as it is.

    `code` is the stable `extensions.code` of a GraphQL error; `exit_code` is what the command `adgraph` ends with.
    """

    code = "INTERNAL"
    exit_code = 1


class Invalid(AdgraphError):
    """The input breaks a rule; the message names the input and what would be right."""

    code = "VALIDATION"
    exit_code = 2


class NotFound(AdgraphError):
    """Nothing of this organization has that identity."""

    code = "NOT_FOUND"
    exit_code = 3


class WindowTooLarge(AdgraphError):
    """A series would have more buckets than one answer may hold."""

    code = "WINDOW_TOO_LARGE"
    exit_code = 2


class QueryTooComplex(AdgraphError):
    """The query is larger, deeper or wider than this server answers."""

    code = "QUERY_TOO_COMPLEX"
    exit_code = 2


class Unavailable(AdgraphError):
    """The database cannot be reached now; the same request may succeed later."""

    code = "UNAVAILABLE"
    exit_code = 4


class NotMigrated(Unavailable):
    """The database is not of this version: a table or a column is not there."""


class TimedOut(AdgraphError):
    """The answer took longer than allowed."""

    code = "TIMEOUT"
    exit_code = 5


class MetricUnavailable(AdgraphError):
    """A list is to be ordered or filtered by a metric that its platforms do not have."""

    code = "METRIC_UNAVAILABLE"
    exit_code = 2
