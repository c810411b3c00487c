"""The API as OpenAPI 3.1, made of the routes and the records that serve it."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from pydantic import TypeAdapter

from emulator import __version__
from emulator.faces.console.asking import NoBody
from emulator.faces.console.problems import CONTENT_TYPE
from emulator.faces.console.records import Problem
from emulator.faces.console.routes import BASE, RAW_ROUTES, ROUTES, RawRoute, Route

if TYPE_CHECKING:
    from emulator.faces.console.asking import Where

_REF = "#/components/schemas/{model}"
_TAG = re.compile(r"/([a-z-]+)")
_REFUSALS = (400, 401, 403, 404, 413, 415, 422, 429, 503)

Mode = Literal["validation", "serialization"]


def describe() -> dict[str, Any]:
    """The whole description."""
    schemas = _Schemas()
    paths: dict[str, dict[str, Any]] = {}
    routes: tuple[Route | RawRoute, ...] = (*ROUTES, *RAW_ROUTES)
    for route in routes:
        paths.setdefault(BASE + route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The console of ringo-emu",
            "version": __version__,
            "description": "Plays a person's part of the emulated platform. See docs/console-api.md.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas.definitions,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


class _Schemas:
    """The schemas that the operations refer to."""

    def __init__(self) -> None:
        self.definitions: dict[str, Any] = {}

    def of(self, kind: type, mode: Mode) -> dict[str, Any]:
        """A reference to the schema of *kind*."""
        schema = self.inline(kind, mode)
        if "$ref" in schema:
            return schema
        self.definitions[kind.__name__] = schema
        return {"$ref": _REF.format(model=kind.__name__)}

    def inline(self, kind: type, mode: Mode) -> dict[str, Any]:
        """The schema of *kind*; what it refers to is kept."""
        schema = TypeAdapter(kind).json_schema(ref_template=_REF, mode=mode)
        self.definitions.update(schema.pop("$defs", {}))
        return schema


def _operation(route: Route | RawRoute, schemas: _Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": getattr(route.handle, "__name__", ""),
        "summary": route.summary,
        "tags": _TAG.findall(route.path)[:1],
        "responses": _responses(route, schemas),
    }
    parameters = _parameters(route.path, route.where, schemas)
    if parameters:
        operation["parameters"] = parameters
    if isinstance(route, Route) and route.body is not NoBody:
        content = {"application/json": {"schema": schemas.of(route.body, "validation")}}
        is_needed = any(field.is_required() for field in route.body.model_fields.values())
        operation["requestBody"] = {"required": is_needed, "content": content}
    if isinstance(route, RawRoute) and route.sends is not None:
        operation["requestBody"] = {"required": True, "content": {route.sends: {"schema": {}}}}
    return operation


def _parameters(path: str, where: type[Where], schemas: _Schemas) -> list[dict[str, Any]]:
    schema = schemas.inline(where, "validation")
    needed = frozenset(schema.get("required", ()))
    return [
        {
            "name": name,
            "in": "path" if f"{{{name}}}" in path else "query",
            "required": name in needed,
            "schema": _without_null(below),
        }
        for name, below in schema.get("properties", {}).items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that may be left out is never null: a query knows only texts."""
    others = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(others) != 1:
        return schema
    return {**others[0], "title": schema.get("title", "")}


def _responses(route: Route | RawRoute, schemas: _Schemas) -> dict[str, Any]:
    status = route.status if isinstance(route, RawRoute) else 200 if route.answer is not None else 204
    told: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if route.answer is not None:
        told["content"] = {"application/json": {"schema": schemas.of(route.answer, "serialization")}}
    elif isinstance(route, RawRoute) and route.gives is not None:
        told["content"] = {route.gives: {}}
    problem = {CONTENT_TYPE: {"schema": schemas.of(Problem, "serialization")}}
    refused = {str(each): {"description": HTTPStatus(each).phrase, "content": problem} for each in _REFUSALS}
    return {str(status): told, **refused}
