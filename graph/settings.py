"""The settings: read from the environment once, at start-up, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from db.errors import Invalid
from db.level import Platform

CHECKOUT = Path(__file__).parent.parent
SCHEMES = ("postgresql://", "postgres://")


class BadSetting(Invalid):
    """A variable of the environment holds a value that cannot be used."""


def _postgresql(url: str) -> str:
    if not url.startswith(SCHEMES):
        raise ValueError("Input should start with postgresql:// or postgres://")
    return url


def _in_checkout(path: Path) -> Path:
    return CHECKOUT / path.expanduser()


class Settings(BaseSettings):
    """Everything that may differ from one installation to the next. Sizes in bytes, times in seconds."""

    model_config = SettingsConfigDict(
        env_prefix="ADGRAPH_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    host: Annotated[str, StringConstraints(min_length=1)] = Field("127.0.0.1", description="The address to serve on.")
    port: int = Field(8000, ge=1, le=65535, description="The TCP port to serve on.")
    data_dir: Annotated[Path, AfterValidator(_in_checkout)] = Field(
        Path(".adgraph"), description="Where the embedded PostgreSQL keeps its data; relative to the checkout."
    )
    database_url: Annotated[str, AfterValidator(_postgresql)] | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="The PostgreSQL (15 or newer) to use, as postgresql://user:password@host:port/database. "
        "Without it an embedded server runs in data_dir.",
    )
    organization: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        "default", description="The name of the organization that requests and commands act for."
    )
    connections: int = Field(10, ge=1, le=1000, description="The most connections to the database at a time.")
    connect_timeout: float = Field(
        2, gt=0, le=60, allow_inf_nan=False, description="Seconds to wait for a connection to the database."
    )
    statement_timeout: float = Field(
        30, ge=0, le=86_400, allow_inf_nan=False, description="Seconds that one statement may take; 0: no limit."
    )
    request_timeout: float = Field(
        30, gt=0, le=3600, allow_inf_nan=False, description="Seconds that one request may take."
    )
    max_body_bytes: int = Field(2_097_152, ge=1, description="The largest request body, in bytes.")
    max_tokens: int = Field(5_000, ge=1, description="The most tokens in one query document.")
    max_depth: int = Field(30, ge=1, description="The deepest nesting of fields in one query.")
    max_nodes: int = Field(250_000, ge=1, description="The most objects that one answer may hold.")
    max_page: int = Field(1_000, ge=1, description="The largest `first` of a connection.")
    meta_settles_after: int = Field(
        72, ge=0, le=8760, description="Hours after a day's end in which Meta may restate it."
    )
    tiktok_settles_after: int = Field(72, ge=0, le=8760, description="The same for TikTok.")
    apple_settles_after: int = Field(72, ge=0, le=8760, description="The same for Apple.")
    log_format: Annotated[Literal["auto", "json", "console"], BeforeValidator(str.lower)] = Field(
        "auto", description="json for machines, console for people; auto: console on a terminal, else json."
    )
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)] = Field(
        "INFO", description="The least level of what is logged."
    )

    @property
    def settles_after(self) -> dict[Platform, int]:
        """The hours after a day's end in which each platform may restate it."""
        return {
            Platform.META: self.meta_settles_after,
            Platform.TIKTOK: self.tiktok_settles_after,
            Platform.APPLE: self.apple_settles_after,
        }


def load() -> Settings:
    """The settings of this environment; raises `BadSetting` on one line that names each bad variable."""
    try:
        return Settings()
    except ValidationError as error:
        raise BadSetting("; ".join(_told(problem["loc"], problem["msg"]) for problem in error.errors())) from None


def _told(location: tuple[int | str, ...], message: str) -> str:
    name = str(location[0])
    variable = name if name == "DATABASE_URL" else f"ADGRAPH_{name.upper()}"
    return f"{variable}: {message.removeprefix('Value error, ').replace('Input should', 'should')}"
