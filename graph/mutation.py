"""What clients may change."""

import strawberry

from graph.project_settings import update_project
from graph.recording import record_conversions


@strawberry.type(description="Where every change starts. Several in one request are made one after the other.")
class Mutation:
    update_project = update_project
    record_conversions = record_conversions
