"""The statements of the oracles, by name, as they stand in files of SQL."""

import re
from pathlib import Path

_NAMED = re.compile(r"^-- name: (\w+)\n(.*?)(?=^-- name: |\Z)", re.MULTILINE | re.DOTALL)


def statements(*names: str) -> dict[str, str]:
    """Those of the files of these names, beside this one."""
    texts = (Path(__file__).with_name(f"{name}.sql").read_text() for name in names)
    return {name: text for own in texts for name, text in _NAMED.findall(own)}
