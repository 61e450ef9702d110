"""Templates to answers: every value is escaped, every text comes from the message catalogue."""

import datetime as dt
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from pipeline.domain.messages import counted, grouped, say
from pipeline.domain.settings import Institution


def day(date: dt.date | None) -> str:
    """``27.09.2021``; a dash when there is none."""
    return "—" if date is None else f"{date:%d.%m.%Y}"


def moment(time: dt.datetime | None) -> str:
    """``27.09.2021, 14:05`` on this machine's clock."""
    return "—" if time is None else f"{time.astimezone():%d.%m.%Y, %H:%M}"


def percent(share: float) -> str:
    return f"{round(share * 100)}%"


def word(code: str, **values: Any) -> str:
    """A text of ``messages_ro/web.toml``."""
    return say(f"web.{code}", **values)


class Renderer:
    """Loads the templates once; safe for several threads."""

    def __init__(self, institution: Institution) -> None:
        self._templates = Environment(
            loader=PackageLoader("search_api"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {"t": word, "institution": institution.name}
        self._templates.filters |= {
            "day": day,
            "moment": moment,
            "percent": percent,
            "grouped": grouped,
            "counted": counted,
        }

    def page(
        self, template: str, values: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
    ) -> HTMLResponse:
        """``values`` are what the template names; a name it lacks is a fault of ours."""
        text = self._templates.get_template(template).render(values)
        return HTMLResponse(text.encode("utf-8", "replace"), status, headers)
