"""The rules of the house that no other tool holds: the arrow, names, who reads the environment, what locks may say."""

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

CHECKOUT = Path(__file__).parent.parent
LAYERS = ("graph", "resolvers", "db")
MODULES = sorted(path.relative_to(CHECKOUT) for layer in LAYERS for path in (CHECKOUT / layer).rglob("*.py"))

# Names that say nothing about what is inside.
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "misc", "shared"}

# Who may look at the environment beside graph/settings.py, and why.
READS_ENVIRONMENT = {
    "db/embedded.py": "hands it on to PostgreSQL's programs, without the PG… variables that would lead them elsewhere",
}

# Every way in which a file could say where packages came from, whatever the registry's name.
ADDRESSES = re.compile(
    r"--(extra-)?index-url|--find-links|--registry"  # options of pip, uv and npm
    r"|^\s*(extra-)?(index-url|registry)\s*="  # the same in their configuration
    r"|(https?|file)://[^\s/\"']*(pypi|pythonhosted|npmjs|yarnpkg|registry)",
    re.MULTILINE,
)


def _tree(module: Path) -> ast.Module:
    return ast.parse((CHECKOUT / module).read_text())


def test_layers_import_only_what_the_arrow_points_at() -> None:
    status = lint_imports(config_filename=str(CHECKOUT / "pyproject.toml"), no_cache=True)

    assert status == EXIT_STATUS_SUCCESS, "see the contract's report above, or run lint-imports"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_module_opens_with_a_sentence_on_what_it_owns(module: Path) -> None:
    docstring = ast.get_docstring(_tree(module))

    assert docstring, f"{module} has no docstring"
    assert docstring.splitlines()[0].endswith((".", "…")), f"{module} does not open with a whole sentence on one line"


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [str(module) for module in MODULES if EMPTY_NAMES & {module.stem, *module.parts[:-1]}] == []


def test_only_the_settings_read_the_environment() -> None:
    readers = {str(module) for module in MODULES if any(_environment_reads(_tree(module)))}

    assert readers - {"graph/settings.py"} == set(READS_ENVIRONMENT)


def _environment_reads(tree: ast.Module) -> Iterator[ast.AST]:
    names = {"environ", "environb", "getenv", "getenvb"}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr=name) if name in names:
                yield node
            case ast.ImportFrom(module="os", names=imported) if names & {alias.name for alias in imported}:
                yield node


def test_every_package_that_is_imported_is_declared() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    declared = {_normal(re.split(r"[<>=\[ ]", dependency)[0]) for dependency in project["dependencies"]}
    distributions = packages_distributions()

    imported = {name for module in MODULES for name in _imports(_tree(module))} - {*LAYERS, *sys.stdlib_module_names}

    # A library's own dependencies come and go with its versions: what we import we ask for ourselves.
    assert {name for name in imported if not declared & {_normal(found) for found in distributions[name]}} == set()


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=imported):
                yield from (alias.name.partition(".")[0] for alias in imported)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("lock", sorted(path.name for path in CHECKOUT.glob("requirements*.lock")))
def test_python_lock_holds_packages_and_hashes_only(lock: str) -> None:
    text = (CHECKOUT / lock).read_text()
    entries = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).strip())

    assert [entry for entry in entries if not re.match(r"[\w.-]+==\S+( ; [^\\]+)? \\\n", entry)] == []
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_node_lock_names_no_address() -> None:
    packages = json.loads((CHECKOUT / "graphiql" / "package-lock.json").read_text())["packages"]

    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []


def test_no_file_says_where_packages_come_from() -> None:
    places = [
        *CHECKOUT.glob("requirements*"),
        *(CHECKOUT / name for name in ("pyproject.toml", "Makefile", ".ci/run")),
        *(path for path in (CHECKOUT / "graphiql").iterdir() if path.is_file()),
    ]

    assert {path.name: found[0] for path in places if (found := ADDRESSES.search(path.read_text()))} == {}
