"""Settings, read once from the environment (prefix `PORTAL_`, or `DATABASE_URL`)."""

from functools import lru_cache
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet
from pydantic import AliasChoices, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_KEY = "demo-key-not-for-production-use-0000"


class Settings(BaseSettings):
    """Everything that differs between two installations. The README lists each field in one table."""

    model_config = SettingsConfigDict(env_prefix="PORTAL_", env_file=None, extra="ignore")

    production: bool = False
    demo: bool = True
    database_url: str = Field(
        default="", validation_alias=AliasChoices("PORTAL_DATABASE_URL", "DATABASE_URL", "database_url")
    )
    data_dir: Path = ROOT / "data"
    secret_key: SecretStr = SecretStr(DEFAULT_KEY)
    """Signs and looks up: session tokens, phone look-up hashes, chain head."""
    encryption_keys: SecretStr = SecretStr("")
    """Comma-separated Fernet keys, newest first; derived from `secret_key` outside production."""
    hosts: str = "localhost,127.0.0.1,[::1]"
    """Host names under which the portal may be reached, comma-separated, without port."""
    https: bool = False
    trusted_proxies: str = "127.0.0.1,::1"
    """Addresses whose X-Forwarded-For is believed."""
    town_zone: str = "Asia/Shanghai"
    languages: str = "zh-CN,en"
    staff_totp: bool = False
    tile_url: str = ""
    """Map tile template; empty draws the areas on a plain ground and asks nobody."""
    tile_attribution: str = ""
    sms_url: str = ""
    """An Apprise URL with `{phone}` in it; empty keeps text messages in the portal."""
    notify_url: str = ""
    """An Apprise URL for the work chat of the staff; empty sends nothing."""
    log_format: Literal["json", "console"] = "json"
    ticker: bool = True
    """Run the clockwork (deadlines, outbox, sweeping) inside the server; off where `portal tick` runs from cron."""

    @model_validator(mode="after")
    def _production_is_strict(self) -> Self:
        if not self.database_url:
            self.database_url = f"sqlite:///{self.data_dir / 'portal.db'}"
        if self.production:
            if self.secret_key.get_secret_value() == DEFAULT_KEY or len(self.secret_key.get_secret_value()) < 32:
                raise ValueError("PORTAL_SECRET_KEY: set a key of your own with at least 32 characters")
            if not self.fernet_keys:
                raise ValueError("PORTAL_ENCRYPTION_KEYS: set at least one Fernet key")
            if self.demo:
                raise ValueError("PORTAL_DEMO: demo sign-in must be off (0) in production")
        if not all(map(_is_fernet_key, self.fernet_keys)):
            raise ValueError("PORTAL_ENCRYPTION_KEYS: each must be a Fernet key, 32 bytes in URL-safe base64")
        ZoneInfo(self.town_zone)
        return self

    @property
    def fernet_keys(self) -> list[str]:
        """The encryption keys, newest first; empty where they are derived from `secret_key`."""
        return [key.strip() for key in self.encryption_keys.get_secret_value().split(",") if key.strip()]

    @property
    def zone(self) -> ZoneInfo:
        """The town's time zone: days (`_on`) are days there."""
        return ZoneInfo(self.town_zone)

    @property
    def language_codes(self) -> tuple[str, ...]:
        """Offered languages, the default first."""
        return tuple(code.strip() for code in self.languages.split(",") if code.strip())

    @property
    def host_names(self) -> frozenset[str]:
        return frozenset(h.strip().lower() for h in self.hosts.split(",") if h.strip())

    @property
    def files_dir(self) -> Path:
        """Where photos and documents lie; never served by a static route."""
        return self.data_dir / "files"


def _is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True


@lru_cache
def settings() -> Settings:
    """The settings of this process. Tests call `settings.cache_clear()` after changing the environment."""
    return Settings()
